//! `stack-test doctor`: what of all that a run may use is installed. A file that is there is found; only what runs containers is
//! asked, since its command alone runs none.

use super::ExitStatus;
use super::inputs::Inputs;
use crate::app::installed::otel::Instrumentation;
use crate::app::installed::python_packages::PythonPackages;
use crate::app::installed::runtime;
use crate::app::project::load::Project;
use crate::stack::{Client, Product, PythonStack};
use crate::text::{Align, Cell, Palette, Table, sanitize};
use futures_util::future::join_all;
use std::io::Write;
use std::path::PathBuf;

/// Programs beside the stacks, and what each is for.
const PROGRAMS: [(&str, &str); 5] = [
    ("python3", "the stacks and their clients"),
    ("pytest", "suites of pytest"),
    ("node", "suites of Node"),
    ("jest", "suites of jest"),
    ("git", "what changed in recordings"),
];
/// What runs containers.
const CONTAINERS: [&str; 2] = ["docker", "podman"];
/// Where a package of Node has its commands, seen from the folder it is installed in.
const NODE_COMMANDS: &str = "node_modules/.bin";

/// Prints a line for everything. That something is missing is no failure: nobody needs it all.
pub(super) async fn doctor(inputs: &Inputs, project: &Project) -> ExitStatus {
    let mut rows =
        vec![["embedded stack".to_owned(), format!("part of stack-test {}", env!("CARGO_PKG_VERSION"))]];
    for product in Product::ALL {
        rows.extend(stack(product, project, inputs));
    }
    rows.extend(own(project, inputs));
    let folder = project.folder(&inputs.cwd);
    for (name, purpose) in PROGRAMS {
        let local = || Some(folder.join(NODE_COMMANDS).join(name)).filter(|path| path.is_file());
        let found = on_path(name, inputs).or_else(local);
        let missing = || format!("missing: there is no `{name}` on PATH ({purpose})");
        rows.push([name.to_owned(), found.map_or_else(missing, |path| path.display().to_string())]);
    }
    rows.extend(join_all(CONTAINERS.map(|name| containers(name, inputs))).await);
    let mut table = Table::new([Align::Left; 2]);
    for row in rows {
        table.row(row.map(Cell::from));
    }
    let _ = write!(std::io::stdout(), "{}", table.draw(Palette::new(false)));
    ExitStatus::Passed
}

/// Servers of the project's own.
fn own(project: &Project, inputs: &Inputs) -> Vec<[String; 2]> {
    let folder = project.folder(&inputs.cwd);
    let rows = project.distributions.stacks(&folder).map(|stack| {
        let program = stack.program();
        // A bare name is looked for on PATH.
        let (found, place) = match program.components().count() {
            1 => (on_path(&program.display().to_string(), inputs), " on PATH"),
            _ => (Some(program.clone()).filter(|path| path.is_file()), ""),
        };
        let found = found.map_or_else(
            || {
                format!(
                    "missing: there is no `{}`{place} (distribution of stack-test.yaml)",
                    program.display()
                )
            },
            |path| format!("{} (distribution of stack-test.yaml)", path.display()),
        );
        [stack.name.clone(), found]
    });
    rows.collect()
}

/// What runs containers, and whether it does.
async fn containers(name: &str, inputs: &Inputs) -> [String; 2] {
    let line = match on_path(name, inputs) {
        None => format!("missing: there is no `{name}` on PATH (stacks in containers)"),
        Some(program) => {
            let shown = program.display().to_string();
            match (Client { program, args: Vec::new() }).answers().await {
                Ok(()) => shown,
                Err(why) => format!("{shown}, which runs no containers: {}", sanitize(&why)),
            }
        }
    };
    [name.to_owned(), line]
}

fn on_path(name: &str, inputs: &Inputs) -> Option<PathBuf> {
    which::which_in(name, inputs.env("PATH"), &inputs.cwd).ok()
}

fn stack(product: Product, project: &Project, inputs: &Inputs) -> Vec<[String; 2]> {
    match runtime::find(product, project, inputs) {
        Err(absent) => vec![[product.name().to_owned(), format!("missing: {absent}")]],
        Ok(stack) => {
            let calls = format!("its provider calls are told apart {}", Instrumentation::of(&stack));
            vec![[product.name().to_owned(), installed(&stack)], [String::new(), calls]]
        }
    }
}

fn installed(stack: &PythonStack) -> String {
    let packages = PythonPackages::of(&stack.python, &stack.command);
    let version =
        packages.version(stack.product.distribution()).unwrap_or_else(|| "of unknown version".to_owned());
    let python = packages.python().map(|version| format!(" (Python {version})")).unwrap_or_default();
    format!("{version}, {}{python}", stack.command.display())
}
