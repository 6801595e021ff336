//! The elements of two lists, laid beside each other.

use super::likeness::Words;
use serde_json::Value;

/// How many elements of each list are laid beside each other by what is in them; longer lists by their places.
const LARGEST: usize = 64;
/// Bytes of an element that are compared: each is compared with each.
const COMPARED: usize = 2048;
/// What it costs to take an element for new or gone. Two elements that are a pair cost at most a little less than two.
const ALONE: f64 = 1.0;

/// What becomes of the elements: their places in the one and in the other list, where they have one.
pub(super) fn align(one: &[Value], other: &[Value]) -> Vec<(Option<usize>, Option<usize>)> {
    let both = one.len().min(other.len());
    let head = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let tail = one.iter().rev().zip(other.iter().rev()).take(both - head);
    let tail = tail.take_while(|(one, other)| one == other).count();
    let (from, to) = (one.len() - tail, other.len() - tail);
    let mut pairs: Vec<_> = (0..head).map(|at| (Some(at), Some(at))).collect();
    let middle = between(&one[head..from], &other[head..to]);
    let moved = |at: Option<usize>| at.map(|at| at + head);
    pairs.extend(middle.into_iter().map(|(one, other)| (moved(one), moved(other))));
    pairs.extend((0..tail).map(|at| (Some(from + at), Some(to + at))));
    pairs
}

fn between(one: &[Value], other: &[Value]) -> Vec<(Option<usize>, Option<usize>)> {
    let most = one.len().max(other.len());
    let nothing_to_choose = one.is_empty() || other.is_empty() || most == 1;
    if nothing_to_choose || most > LARGEST {
        let place = |at: usize, length: usize| (at < length).then_some(at);
        return (0..most).map(|at| (place(at, one.len()), place(at, other.len()))).collect();
    }
    cheapest(one.len(), other.len(), &costs(one, other))
}

/// What it costs to take each element of the one for each of the other.
fn costs(one: &[Value], other: &[Value]) -> Vec<Vec<f64>> {
    let text = |value: &Value| {
        let mut text = value.to_string().into_bytes();
        text.truncate(COMPARED);
        text
    };
    let texts: Vec<Vec<u8>> = other.iter().map(text).collect();
    let row = |element: &Value| {
        let mut words = Words::of(&text(element));
        let cost = |(value, text): (&Value, &Vec<u8>)| match element == value {
            true => 0.0,
            false => 0.1 + 1.8 * (1.0 - words.likeness(text)),
        };
        other.iter().zip(&texts).map(cost).collect()
    };
    one.iter().map(row).collect()
}

/// The cheapest way from the one list to the other.
fn cheapest(rows: usize, columns: usize, costs: &[Vec<f64>]) -> Vec<(Option<usize>, Option<usize>)> {
    // rest[r][c]: what it costs from element r of the one and c of the other to the ends.
    let mut rest = vec![vec![0.0_f64; columns + 1]; rows + 1];
    for r in (0..=rows).rev() {
        for c in (0..=columns).rev() {
            let gone = if r < rows { ALONE + rest[r + 1][c] } else { f64::INFINITY };
            let new = if c < columns { ALONE + rest[r][c + 1] } else { f64::INFINITY };
            let pair = if r < rows && c < columns { costs[r][c] + rest[r + 1][c + 1] } else { f64::INFINITY };
            if r < rows || c < columns {
                rest[r][c] = pair.min(gone).min(new);
            }
        }
    }
    let (mut r, mut c, mut pairs) = (0, 0, Vec::new());
    while r < rows || c < columns {
        // The sums are made of the same terms in the same order, so the comparisons are exact enough.
        if r < rows && c < columns && costs[r][c] + rest[r + 1][c + 1] <= rest[r][c] {
            pairs.push((Some(r), Some(c)));
            (r, c) = (r + 1, c + 1);
        } else if r < rows && ALONE + rest[r + 1][c] <= rest[r][c] {
            pairs.push((Some(r), None));
            r += 1;
        } else {
            pairs.push((None, Some(c)));
            c += 1;
        }
        // Whatever rounding did, neither list has more than its elements.
        (r, c) = (r.min(rows), c.min(columns));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn aligned(one: &Value, other: &Value) -> Vec<(Option<usize>, Option<usize>)> {
        align(one.as_array().unwrap(), other.as_array().unwrap())
    }

    #[test]
    fn what_is_put_in_between_is_alone_also_where_a_neighbour_changed() {
        let pair = |one, other| (Some(one), Some(other));
        assert_eq!(
            aligned(&json!(["a", "b"]), &json!(["a", "x", "b"])),
            [pair(0, 0), (None, Some(1)), pair(1, 2)]
        );
        let one = json!(["be brief", "which planet has rings", "thank you so much"]);
        let other =
            json!(["be brief", "something new here", "which planet has many rings", "thanks so much"]);
        assert_eq!(aligned(&one, &other), [pair(0, 0), (None, Some(1)), pair(1, 2), pair(2, 3)]);
        assert_eq!(aligned(&json!([1]), &json!([2])), [pair(0, 0)]);
    }

    proptest! {
        #[test]
        fn each_element_is_there_once_and_in_order(
            one in proptest::collection::vec(0..4_u8, 0..9),
            other in proptest::collection::vec(0..4_u8, 0..9),
        ) {
            let pairs = aligned(&json!(one), &json!(other));
            let places: Vec<usize> = pairs.iter().filter_map(|pair| pair.0).collect();
            prop_assert_eq!(places, (0..one.len()).collect::<Vec<_>>());
            let places: Vec<usize> = pairs.iter().filter_map(|pair| pair.1).collect();
            prop_assert_eq!(places, (0..other.len()).collect::<Vec<_>>());
        }
    }
}
