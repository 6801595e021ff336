//! pytest, with a plugin of ours.

use super::{Adapter, Enlisting, How, Script};
use crate::process::Launch;

/// The plugin's module.
const PLUGIN: &str = "stack_test_plugin";

pub(super) static ADAPTER: Adapter = Adapter {
    name: "pytest",
    summary: "tests of pytest, one after the other in as many processes as cases may be in flight",
    example: "{ adapter: pytest, command: [pytest, tests/integration] }",
    how: How::Asks,
    scripts: &[Script { name: "stack_test_plugin.py", text: include_str!("../python/stack_test_plugin.py") }],
    enlist,
};

fn enlist(launch: &mut Launch, with: &Enlisting<'_>) {
    let plugins = match with.so_far(launch, "PYTEST_PLUGINS") {
        Some(plugins) => format!("{plugins},{PLUGIN}"),
        None => PLUGIN.to_owned(),
    };
    let mut path = with.scripts.as_os_str().to_owned();
    if let Some(before) = with.so_far(launch, "PYTHONPATH") {
        path.push(if cfg!(windows) { ";" } else { ":" });
        path.push(before);
    }
    launch.env.push(("PYTEST_PLUGINS".to_owned(), plugins));
    launch.env.push(("PYTHONPATH".to_owned(), path.to_string_lossy().into_owned()));
}
