//! A provider call that no recording answers, and everything that helps to mend it.

use super::CaseId;
use std::fmt;

/// A provider call that no recording answers. All texts are masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Miss {
    /// The case that asked; `None` for a call outside cases.
    pub case: Option<CaseId>,
    /// The step of the case that was under way, counted from 1, as the stack handed it on.
    pub step: Option<String>,
    /// Where that step is written: `suites/chat.yaml:12:9`. Known to who runs the case, not to the gateway.
    pub place: Option<String>,
    /// The provider's name.
    pub provider: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query below the provider's base URL.
    pub path: String,
    /// What the call was about, shortened: model and the last message, or the body.
    pub summary: String,
    /// What kind of miss it is.
    pub class: MissClass,
    /// Why no recording answers, in one line.
    pub explanation: String,
    /// The recording that comes nearest.
    pub nearest: Option<NearestRecording>,
    /// What mends it, likeliest first.
    pub mends: Vec<Mend>,
}

/// Why no recording answers a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MissClass {
    /// It differs only in what differs from run to run: a date, an id, a port.
    Volatile,
    /// It asks another model, or another provider.
    OtherModel,
    /// It says something else to the model.
    PromptChanged,
    /// It has a parameter that was not there.
    ParameterAdded,
    /// It lacks a parameter that was there.
    ParameterRemoved,
    /// It has another value of a parameter, or several parameters changed.
    ParameterChanged,
    /// Nothing like it is recorded.
    #[default]
    NewCall,
    /// It is recorded, but was asked more often.
    OneTooMany,
    /// It quotes ids of other things than the recorded one.
    OtherIds,
    /// Recording stopped, since as many tokens are spent as may be.
    TokensSpent,
    /// Several cases have different answers, and nothing says which one asks.
    Ambiguous,
    /// The recordings cannot be read.
    Unusable,
}

impl MissClass {
    /// All classes.
    pub const ALL: [Self; 12] = [
        Self::Volatile,
        Self::OtherModel,
        Self::PromptChanged,
        Self::ParameterAdded,
        Self::ParameterRemoved,
        Self::ParameterChanged,
        Self::NewCall,
        Self::OneTooMany,
        Self::OtherIds,
        Self::TokensSpent,
        Self::Ambiguous,
        Self::Unusable,
    ];

    /// The words in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Volatile => "volatile value",
            Self::OtherModel => "other model",
            Self::PromptChanged => "prompt changed",
            Self::ParameterAdded => "parameter added",
            Self::ParameterRemoved => "parameter removed",
            Self::ParameterChanged => "parameter changed",
            Self::NewCall => "new call",
            Self::OneTooMany => "one call too many",
            Self::OtherIds => "other ids",
            Self::TokensSpent => "tokens spent",
            Self::Ambiguous => "ambiguous call",
            Self::Unusable => "unusable recordings",
        }
    }

    /// What that means, in one line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Volatile => "the call differs from its recording only in what differs from run to run",
            Self::OtherModel => "the call is recorded for another model",
            Self::PromptChanged => "the call is recorded with another prompt",
            Self::ParameterAdded => "the call has a parameter that the recorded one has not",
            Self::ParameterRemoved => "the call lacks a parameter that the recorded one has",
            Self::ParameterChanged => "the call has other parameters than the recorded one",
            Self::NewCall => "no such call is recorded",
            Self::OneTooMany => "the call is recorded, and every answer to it was given already",
            Self::OtherIds => "the call quotes ids of other things than the recorded one",
            Self::TokensSpent => "recording stopped: as many tokens are spent as may be",
            Self::Ambiguous => "several cases have different answers to the call, and it names none of them",
            Self::Unusable => "the recordings of the case cannot be used",
        }
    }
}

/// The recording that comes nearest to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearestRecording {
    /// Whose it is; `None` for calls outside cases.
    pub case: Option<CaseId>,
    /// Whether it belongs to who asked.
    pub own: bool,
    /// Which of the recorded calls it is, counted from 1.
    pub call: usize,
    /// How many calls are recorded there.
    pub calls: usize,
    /// In what the call differs from it; none if it is the same.
    pub differences: Vec<Difference>,
    /// Further differences that are not listed.
    pub left_out: usize,
}

/// One thing in which a call differs from a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// A JSON pointer into the body (into the recorded one for what is gone), or `path`, `query`, `provider`, `body`.
    pub at: String,
    /// What is different.
    pub change: Change,
    /// Why the value probably differs from run to run.
    pub volatile: Option<&'static str>,
}

/// How a value differs. Values are JSON, shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added(String),
    /// It is gone.
    Removed(String),
    /// It has another value.
    Changed {
        /// What is recorded.
        recorded: String,
        /// What the call has.
        now: String,
        /// For long texts, which are shown from there on: the character, counted from 1, with which they begin to differ.
        from: Option<usize>,
    },
}

/// Something that mends a miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// A command to type.
    Command(String),
    /// Lines for `stack-test.yaml`.
    Rule(String),
    /// Something to look at.
    Advice(String),
}

impl Mend {
    /// When it is the thing to do.
    pub fn when(&self) -> &'static str {
        match self {
            Self::Command(_) => "if the call is wanted, record it:",
            Self::Rule(_) => "if the value does not matter, leave it out, in stack-test.yaml:",
            Self::Advice(_) => "",
        }
    }

    /// What to type, write or look at.
    pub fn text(&self) -> &str {
        match self {
            Self::Command(text) | Self::Rule(text) | Self::Advice(text) => text,
        }
    }
}

impl Miss {
    /// Class, reason and the command that mends it, for places with room for one line.
    pub fn one_line(&self) -> String {
        let mut line = format!("{}: {}", self.class.name(), self.explanation);
        let command = self.mends.iter().find(|mend| matches!(mend, Mend::Command(_)));
        if let Some(mend) = command {
            line.push_str(&format!("; to record it: {}", mend.text()));
        }
        line
    }

    /// What was asked and why nothing answers, each in a few lines.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        let step = self.step.as_ref().map(|step| {
            let place = self.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
            format!("step {step}{place}")
        });
        let asked = [step, Some(self.summary.clone()).filter(|summary| !summary.is_empty())];
        let asked = asked.into_iter().flatten().collect::<Vec<_>>().join(" asked ");
        facts.extend(Some(asked).filter(|asked| !asked.is_empty()));
        facts.extend(Some(self.explanation.clone()).filter(|why| !why.is_empty()));
        facts.extend(self.nearest.as_ref().map(NearestRecording::lines).filter(|lines| !lines.is_empty()));
        facts
    }

    /// What to do, in lines; `None` if nobody knows.
    pub fn help(&self) -> Option<String> {
        let mut lines = Vec::new();
        for mend in &self.mends {
            match mend.when() {
                "" => lines.push(mend.text().to_owned()),
                when => {
                    lines.push(when.to_owned());
                    lines.extend(mend.text().lines().map(|line| format!("  {line}")));
                }
            }
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.provider, self.method, self.path)
    }
}

impl NearestRecording {
    /// `call 2 of 3 of this case`.
    pub fn name(&self) -> String {
        let whose = match (&self.case, self.own) {
            (Some(_), true) => "of this case".to_owned(),
            (Some(case), false) => format!("of `{case}`"),
            (None, _) => "outside cases".to_owned(),
        };
        match self.calls {
            1 => format!("the only call {whose}"),
            calls => format!("call {} of {calls} {whose}", self.call),
        }
    }

    /// Which one it is, and each difference.
    fn lines(&self) -> String {
        if self.differences.is_empty() {
            return String::new();
        }
        let mut lines = vec![format!("nearest is {} (- recorded, + now):", self.name())];
        for difference in &self.differences {
            lines.extend(difference.lines().into_iter().map(|line| format!("  {line}")));
        }
        match self.left_out {
            0 => {}
            1 => lines.push("  and 1 more difference".to_owned()),
            more => lines.push(format!("  and {more} more differences")),
        }
        lines.join("\n")
    }
}

impl Difference {
    /// The place, and below it what is recorded and what the call has.
    fn lines(&self) -> Vec<String> {
        let volatile = self.volatile.map_or(String::new(), |kind| format!(" ({kind})"));
        let at = if self.at.is_empty() { "the whole body" } else { &self.at };
        match &self.change {
            Change::Added(now) => vec![format!("{at} is new{volatile}"), format!("  + {now}")],
            Change::Removed(recorded) => vec![format!("{at} is gone{volatile}"), format!("  - {recorded}")],
            Change::Changed { recorded, now, from } => {
                let from = from.map_or(String::new(), |from| format!(", from character {from}"));
                vec![format!("{at} differs{from}{volatile}"), format!("  - {recorded}"), format!("  + {now}")]
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() { "the whole body" } else { &self.at };
        match &self.change {
            Change::Added(now) => write!(f, "{at} is new: {now}"),
            Change::Removed(recorded) => write!(f, "{at} is gone (was {recorded})"),
            Change::Changed { recorded, now, .. } => write!(f, "{at} is {now} (was {recorded})"),
        }
    }
}
