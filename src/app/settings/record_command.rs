//! The command that records what a run misses, as it is printed: it must do so when it is pasted.

use crate::app::project::load::Project;
use crate::cli::Common;
use crate::recording::NO_SETUP;
use crate::text::{Redactor, shell_word};

/// The flags that were typed and say what is recorded from, and where; as name and value.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct TypedFlags {
    said: Vec<(&'static str, String)>,
    /// What selects the cases.
    selection: Vec<String>,
}

impl TypedFlags {
    /// Those of `common`. `--secret` is none of them: its value must be shown nowhere.
    /// Of what was typed for several stacks, that for the one with this number.
    pub(in crate::app) fn of(common: &Common, project: &Project, stack: usize) -> Self {
        let Common { selected, target, models, .. } = common;
        let path =
            |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let said = [
            ("config", project.named.clone()),
            ("stack-config", nth(&target.stack_config, stack)),
            ("runtime", nth(&target.runtime, stack)),
            ("otel", target.otel.clone()),
            ("recorder", target.recorder.clone()),
            ("recordings", path(&target.recordings)),
            ("suites-dir", path(&selected.suites_dir)),
            ("text-model", nth(&models.text_model, stack)),
            ("vision-model", nth(&models.vision_model, stack)),
            ("embedding-model", nth(&models.embedding_model, stack)),
            ("rerank-model", nth(&models.rerank_model, stack)),
            ("safety-shield", nth(&models.safety_shield, stack)),
            ("judge-model", nth(&models.judge_model, stack)),
            ("embedding-dimension", nth(&models.embedding_dimension, stack)),
        ];
        let said = said.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        let env = target.env.iter().map(|pair| ("env", pair.clone()));
        let flag = |flag: &'static str, value: &str| [flag.to_owned(), value.to_owned()];
        let suites = selected.suites.iter().chain(&selected.suite).cloned();
        let flags = selected.subdirs.iter().map(|dir| flag("--subdirs", dir));
        let flags = flags.chain(selected.pattern.iter().map(|pattern| flag("-k", pattern)));
        let flags = flags.chain(selected.tag.iter().map(|tag| flag("--tag", tag)));
        let selection = suites.chain(flags.flatten()).collect();
        Self { said: said.chain(env).collect(), selection }
    }

    /// The command, without the case that it is for. A value with a secret in it is left out.
    pub(in crate::app) fn command(&self, setup: &str, redactor: &Redactor) -> String {
        let setup = Some(("setup", setup)).filter(|(_, setup)| *setup != NO_SETUP);
        let typed = self.said.iter().map(|(flag, value)| (*flag, value.as_str()));
        let mut command = "stack-test record".to_owned();
        for (flag, value) in setup.into_iter().chain(typed) {
            if redactor.redact(value) == value {
                command.push_str(&format!(" --{flag} {}", shell_word(value)));
            }
        }
        command
    }

    /// What that command needs behind it to select what was selected.
    pub(in crate::app) fn selection(&self, redactor: &Redactor) -> String {
        if self.selection.iter().any(|word| redactor.redact(word) != word.as_str()) {
            return String::new();
        }
        self.selection.iter().map(|word| format!(" {}", shell_word(word))).collect()
    }
}

/// What was typed for the stack with this number: once for all, or once for each.
pub(in crate::app) fn nth(typed: &[String], stack: usize) -> Option<String> {
    typed.get(stack).or(typed.first()).cloned()
}
