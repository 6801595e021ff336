//! Lists that are asked for piece by piece.

use super::api_error::ApiError;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// The query of a list.
pub(crate) type Query = HashMap<String, String>;

/// A piece of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    object: &'static str,
    data: Vec<T>,
    has_more: bool,
    #[schema(required)]
    first_id: Option<String>,
    #[schema(required)]
    last_id: Option<String>,
}

impl<T> Page<T> {
    /// The `limit` things of `all` that come after the one with the id `after`.
    ///
    /// # Errors
    /// 400 where nothing has that id: starting over instead would send a client round in circles.
    pub(crate) fn cut(
        all: Vec<T>,
        after: Option<&str>,
        limit: usize,
        id: impl Fn(&T) -> &str,
    ) -> Result<Self, ApiError> {
        let start = match after {
            None => 0,
            Some(after) => {
                all.iter().position(|item| id(item) == after).map(|at| at + 1).ok_or_else(|| {
                    ApiError::invalid(
                        "after",
                        "invalid_value",
                        format!("Invalid 'after': nothing in the list has the id '{after}'."),
                    )
                })?
            }
        };
        let has_more = all.len() - start > limit;
        let data: Vec<T> = all.into_iter().skip(start).take(limit).collect();
        let (first_id, last_id) =
            (data.first().map(|item| id(item).to_owned()), data.last().map(|item| id(item).to_owned()));
        Ok(Self { object: "list", data, has_more, first_id, last_id })
    }
}

/// The `limit` in a query.
///
/// # Errors
/// 400 for what is no number from 1 to `most`.
pub(crate) fn limit(query: &Query, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = query.get("limit") else { return Ok(default) };
    text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
        let message = format!("Invalid 'limit': expected an integer from 1 to {most}, but got '{text}'.");
        ApiError::invalid("limit", "invalid_value", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all = || ["a", "b", "c"].map(str::to_owned).to_vec();
        let page = |after, limit| Page::cut(all(), after, limit, |id| id).unwrap();
        let first = page(None, 2);
        assert_eq!((first.data.join(""), first.has_more), ("ab".into(), true));
        let second = page(first.last_id.as_deref(), 2);
        assert_eq!((second.data.join(""), second.has_more), ("c".into(), false));
        let third = page(Some("c"), 2);
        assert_eq!((third.data.len(), third.has_more, third.first_id), (0, false, None));
        assert!(Page::cut(all(), Some("x"), 2, |id| id).is_err());
    }
}
