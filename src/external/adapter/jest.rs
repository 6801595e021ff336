//! jest, with a runner of ours around its own.

use super::{Adapter, Enlisting, How, Script};
use crate::process::Launch;

pub(super) static ADAPTER: Adapter = Adapter {
    name: "jest",
    summary: "tests of jest, whole files in as many processes as cases may be in flight",
    example: "{ adapter: jest, command: [npx, jest] }",
    how: How::Files,
    scripts: &[
        Script { name: "preload.cjs", text: include_str!("../node/preload.cjs") },
        Script { name: "jest_runner.cjs", text: include_str!("../node/jest_runner.cjs") },
    ],
    enlist,
};

fn enlist(launch: &mut Launch, with: &Enlisting<'_>) {
    let script = |name: &str| with.scripts.join(name).to_string_lossy().into_owned();
    launch.args.push(format!("--testRunner={}", script("jest_runner.cjs")));
    // One process is one worker; the others are ours to start.
    launch.args.push("--runInBand".to_owned());
    if !with.files.is_empty() {
        launch.args.push("--runTestsByPath".to_owned());
        launch.args.extend(with.files.iter().cloned());
    }
    // Node splits the variable at blanks that are not quoted.
    let preload = script("preload.cjs").replace('\\', "\\\\").replace('"', "\\\"");
    let mut options = with.so_far(launch, "NODE_OPTIONS").map_or(String::new(), |before| before + " ");
    options.push_str(&format!("--require \"{preload}\""));
    launch.env.push(("NODE_OPTIONS".to_owned(), options));
}
