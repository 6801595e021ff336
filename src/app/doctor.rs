//! `stack-test doctor`: what of all that a run may use is installed. It runs nothing; a file that is there is found.

use super::ExitStatus;
use super::inputs::Inputs;
use super::otel::Instrumentation;
use super::project::Project;
use super::python_packages::PythonPackages;
use super::runtime;
use crate::stack::{Product, PythonStack};
use crate::text::{Align, Cell, Palette, Table};
use std::io::Write;

/// Programs beside the stacks, and what each is for.
const PROGRAMS: [(&str, &str); 4] = [
    ("python3", "the stacks and their clients"),
    ("docker", "stacks in containers"),
    ("podman", "stacks in containers"),
    ("git", "what changed in recordings"),
];

/// Prints a line for everything. That something is missing is no failure: nobody needs it all.
pub(super) fn doctor(inputs: &Inputs, project: &Project) -> ExitStatus {
    let mut rows =
        vec![["embedded stack".to_owned(), format!("part of stack-test {}", env!("CARGO_PKG_VERSION"))]];
    for product in Product::ALL {
        rows.extend(stack(product, project, inputs));
    }
    for (name, purpose) in PROGRAMS {
        let found = which::which_in(name, inputs.env("PATH"), &inputs.cwd);
        let line = found.map_or_else(
            |_| format!("missing: there is no `{name}` on PATH ({purpose})"),
            |path| path.display().to_string(),
        );
        rows.push([name.to_owned(), line]);
    }
    let mut table = Table::new([Align::Left; 2]);
    for row in rows {
        table.row(row.map(Cell::from));
    }
    let _ = write!(std::io::stdout(), "{}", table.draw(Palette::new(false)));
    ExitStatus::Passed
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
