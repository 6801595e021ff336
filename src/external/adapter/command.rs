//! Any command, of which the end and a JUnit report are read.

use super::{Adapter, How};

pub(super) static ADAPTER: Adapter = Adapter {
    name: "command",
    summary: "any command, once for each test that another one lists, or once for all of them",
    example: "{ adapter: command, list: [ls, checks], command: [sh, \"checks/{{ test }}\", \"{{ stack.url }}\"] }",
    how: How::Single,
    scripts: &[],
    enlist: |_, _| {},
};
