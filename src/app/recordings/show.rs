//! `recordings show`: a set for reading.

use super::chosen::{Kept, Recordings};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::Common;
use crate::cli::ShowArgs;
use crate::recording::{Usage, describe, spoken, usage};
use crate::source::Diagnostic;
use crate::text::{one_line, plural};
use crate::wire::message::{Body, Exchange, Response};
use serde_json::{Value, json};
use std::io::Write;

/// Shows the sets that were asked for.
///
/// # Errors
/// No name or pattern is given, or nothing has it.
pub(super) fn show(args: &ShowArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    if args.chosen.names.is_empty() && args.chosen.pattern.is_none() {
        let error = Diagnostic::new("what is to be shown?");
        return Err(CommandError::usage(vec![
            error.hint("name a case (`inference/chat::streaming`), a suite, or a pattern with -k; `recordings list` lists them"),
        ]));
    }
    let recordings = Recordings::open(common, &args.chosen)?;
    let mut sets = Vec::new();
    let errors = recordings.each(|kept| sets.push(kept))?;
    if args.json {
        let sets = sets.iter().map(|kept| json_of(kept, &recordings));
        recordings.say_data(&sets.collect());
    } else {
        for kept in &sets {
            if args.raw {
                // As they are, but for secrets: JSON escapes what a terminal would act upon.
                let _ = write!(std::io::stdout(), "{}", recordings.redactor.redact(&kept.text));
            } else {
                recordings.say(&drawn(kept, &recordings));
            }
        }
    }
    recordings.complain(&errors);
    if sets.is_empty() && errors.is_empty() {
        let error = Diagnostic::new("no recording has that name");
        return Err(CommandError::usage(vec![error.hint("`stack-test recordings list` lists them")]));
    }
    Ok(if errors.is_empty() { ExitStatus::Passed } else { ExitStatus::Failed })
}

fn drawn(kept: &Kept, recordings: &Recordings<'_>) -> String {
    let calls = plural(kept.set.exchanges.len(), "call");
    let place = recordings.shown(&kept.path);
    let mut out = format!("{}  ({}, {calls})\n{place}\n\n", kept.set.owner, kept.setup);
    for (place, exchange) in kept.set.exchanges.iter().enumerate() {
        let request = &exchange.request;
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        out.push_str(&format!(
            "{:>3}  {} {} {}{query}\n",
            place + 1,
            request.provider,
            request.method,
            request.path
        ));
        for (what, text) in lines(exchange) {
            // What a model wrote may have many lines; they stand below each other.
            let text = text.trim_end().replace('\n', "\n               ");
            out.push_str(&format!("     {what:<8}  {text}\n"));
        }
        out.push('\n');
    }
    out
}

fn lines(exchange: &Exchange) -> Vec<(&'static str, String)> {
    let Exchange { request, response } = exchange;
    let said = spoken(response);
    let mut lines = Vec::new();
    if !request.body.is_empty() {
        lines.push(("asked", one_line(&describe(request)).into_owned()));
    }
    lines.push(("answered", summary(response)));
    if !said.text.is_empty() {
        lines.push(("says", said.text));
    }
    lines.extend(said.tool_calls.iter().map(|(name, arguments)| ("calls", format!("{name}({arguments})"))));
    lines.extend(said.finish_reason.map(|reason| ("stopped", reason)));
    let tokens = usage(exchange);
    if tokens != Usage::default() {
        lines.push(("tokens", format!("{} in, {} out", tokens.input, tokens.output)));
    }
    lines
}

fn summary(response: &Response) -> String {
    let head = match &response.head {
        Some(head) => {
            format!("{} {}", head.status, response.header("content-type").unwrap_or("without a type"))
        }
        None => "nothing".to_owned(),
    };
    let body = match &response.body {
        Body::Stream(pieces) => {
            let last = pieces.last().map_or(0, |piece| piece.at);
            format!("{} in {last} ms", plural(pieces.len(), "piece"))
        }
        Body::Whole(bytes) => plural(bytes.len(), "byte"),
    };
    format!("{head}, {body}, {}", response.end.name())
}

fn json_of(kept: &Kept, recordings: &Recordings<'_>) -> Value {
    let call = |exchange: &Exchange| {
        let Exchange { request, response } = exchange;
        let (said, tokens) = (spoken(response), usage(exchange));
        let body = serde_json::from_slice::<Value>(&request.body)
            .unwrap_or_else(|_| String::from_utf8_lossy(&request.body).into());
        let pieces = match &response.body {
            Body::Stream(pieces) => {
                Some(pieces.iter().map(|piece| json!([piece.at, piece.bytes.len()])).collect::<Vec<_>>())
            }
            Body::Whole(_) => None,
        };
        json!({
            "request": {
                "provider": request.provider, "method": request.method, "path": request.path, "query": request.query,
                "body": body,
            },
            "response": {
                "status": response.head.as_ref().map(|head| head.status),
                "headers": response.head.as_ref().map(|head| &head.headers),
                "end": response.end.name(), "bytes": response.body.bytes().len(), "pieces": pieces,
                "text": said.text, "tool_calls": said.tool_calls, "finish_reason": said.finish_reason,
            },
            "tokens": {"input": tokens.input, "output": tokens.output},
        })
    };
    json!({
        "setup": kept.setup, "case": kept.set.owner.to_string(), "file": recordings.shown(&kept.path),
        "calls": kept.set.exchanges.iter().map(call).collect::<Vec<_>>(),
    })
}
