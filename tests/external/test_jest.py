"""The jest runner and the preload, driven by a small stand-in for stack-test. JEST names a folder whose node_modules has jest
and, if it is to be tried as well, undici."""

import os
import shutil
import tempfile
import textwrap
import unittest

import controller
from controller import Stack, Tool, collected

JEST = os.environ["JEST"]
ENV = {"NODE_OPTIONS": f"--require {controller.NODE_FOLDER}/preload.cjs"}


class Jest(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(dir=JEST))
        self.addCleanup(shutil.rmtree, self.folder)
        self.stack = Stack()
        self.addCleanup(self.stack.close)
        with open(os.path.join(self.folder, "package.json"), "w") as file:
            file.write("{}")

    def write(self, **files):
        for name, text in files.items():
            with open(os.path.join(self.folder, f"{name}.test.js"), "w", encoding="utf-8") as file:
                file.write("const url = process.env.STACK_TEST_STACK_URL;\n" + textwrap.dedent(text).lstrip("\n"))

    def tool(self, phase, *args, env=ENV, own_group=False):
        command = ["node", f"{JEST}/node_modules/.bin/jest", "--runInBand", f"--testRunner={controller.NODE_FOLDER}/jest_runner.cjs", *args]
        tool = Tool(command, self.folder, phase, self.stack.url, env=env, own_group=own_group)
        self.addCleanup(tool.close)
        self.assertEqual((tool.hello["tool"], tool.hello["token"]), ("jest", "a made-up token"))
        return tool

    def run_all(self, **options):
        tests, errors, _ = collected(self.tool("collect", **options))
        self.assertEqual(errors, [])
        results, rest, code = controller.run(self.tool("run", **options), tests)
        return {name.split("::")[1]: result for name, result in results.items()}, rest, code

    def test_collects_without_running(self):
        self.write(a="""
            beforeAll(() => { throw new Error("ran"); });
            describe("outer", () => {
              describe("inner", () => { test("one", () => {}); });
              test.each([1, 2])("number %i", () => {});
            });
            test("same", () => {});
            test("same", () => {});
            """, bad="nonsense(")
        tests, errors, _ = collected(self.tool("collect"))
        self.assertEqual({name: test["line"] for name, test in tests.items()}, {
            "a.test.js::outer > inner > one": 4, "a.test.js::outer > number 1": 5, "a.test.js::outer > number 2": 5,
            "a.test.js::same": 7, "a.test.js::same#2": 8})
        self.assertEqual([error["file"] for error in errors], ["bad.test.js"])
        self.assertIn("nonsense", errors[0]["message"])

    def test_each_outcome(self):
        self.write(a="""
            test("passed", () => { console.log("out"); console.error("err"); });
            test("failed", () => {
              expect(1).toBe(2);
            });
            test.skip("skipped", () => {});
            test.todo("todo");
            test.failing("expected", () => { throw new Error("x"); });
            test.failing("unexpected", () => {});
            describe("block", () => {
              beforeAll(() => { throw new Error("no block"); });
              test("in it", () => {});
            });
            """)
        results, _, code = self.run_all()
        self.assertEqual({name: (r["outcome"], r["reason"]) for name, r in results.items()}, {
            "passed": ("passed", None), "failed": ("failed", None), "skipped": ("skipped", "test.skip"), "todo": ("skipped", "todo"),
            "expected": ("xfailed", "test.failing"), "unexpected": ("xpassed", "test.failing"), "block > in it": ("failed", None)})
        self.assertEqual((results["passed"]["stdout"], results["passed"]["stderr"]), ("out\n", "err\n"))
        self.assertEqual((results["failed"]["file"], results["failed"]["line"]), ("a.test.js", 4))
        self.assertIn("toBe", results["failed"]["message"])
        self.assertNotIn("\x1b", results["failed"]["detail"])
        self.assertIn("no block", results["block > in it"]["message"])
        self.assertEqual(code, 1)

    def test_only_what_is_selected_runs_with_only_its_hooks(self):
        self.write(a="""
            beforeAll(() => fetch(url + "/top"));
            describe("one", () => { beforeAll(() => fetch(url + "/one")); test("a", () => {}); });
            describe("two", () => { beforeAll(() => fetch(url + "/two")); test("b", () => {}); });
            """)
        results, _, _ = controller.run(self.tool("run"), ["a.test.js::two > b"])
        self.assertEqual({name: r["outcome"] for name, r in results.items()}, {"a.test.js::two > b": "passed"})
        self.assertEqual(self.stack.calls, [(path, "stack-test.session=1") for path in ("/top", "/two")])

    def test_failure_after_the_last_test_is_told_with_it(self):
        self.write(a="""
            afterAll(() => { throw new Error("cannot stop"); });
            test("one", () => {});
            test("two", () => {});
            """)
        results, _, _ = self.run_all()
        self.assertEqual({name: r["outcome"] for name, r in results.items()}, {"one": "passed", "two": "error"})
        self.assertIn("cannot stop", results["two"]["message"])

    def test_retries_are_off_and_concurrent_tests_run_one_by_one(self):
        self.write(a="""
            jest.retryTimes(3);
            const get = async (path) => { await new Promise((done) => setTimeout(done, 20)); await fetch(url + path); };
            test.concurrent("one", () => get("/one"));
            test.concurrent("two", () => get("/two"));
            test("failed", async () => { await get("/failed"); throw new Error("x"); });
            """)
        self.run_all()
        self.assertEqual(self.stack.calls, [(f"/{name}", f"stack-test.case={name}") for name in ("one", "two", "failed")])

    def test_every_client_says_whose_its_calls_are(self):
        has_undici = os.path.exists(f"{JEST}/node_modules/undici")
        undici = "await (await require('undici').request(url + '/undici', own)).body.dump();" if has_undici else ""
        self.write(a="""
            const http = require("http");
            const own = { headers: { Baggage: "user=1" } };
            const get = (...args) => new Promise((done, fail) => http.get(...args, (answer) => answer.resume().on("end", done)).on("error", fail));
            test("plain", async () => {
              await fetch(url + "/fetch");
              await get(url + "/http");
              const { hostname, port } = new URL(url);
              await get({ hostname, port, path: "/options" });
            });
            test("own", async () => {
              await fetch(url + "/fetch", own);
              await get(url + "/http", own);
              UNDICI
            });
            """.replace("UNDICI", undici))
        results, _, _ = self.run_all()
        self.assertEqual({r["outcome"] for r in results.values()}, {"passed"}, results)
        plain, own = "stack-test.case=plain", "user=1,stack-test.case=own"
        self.assertEqual(self.stack.calls, [("/fetch", plain), ("/http", plain), ("/options", plain), ("/fetch", own), ("/http", own)]
                         + [("/undici", own)] * has_undici)

    def test_only_the_stack_is_told(self):
        other = Stack()
        self.addCleanup(other.close)
        self.write(a=f"""
            const other = "{other.url}";
            const get = (url) => new Promise((done) => require("http").get(url, (answer) => answer.resume().on("end", done)));
            test("one", async () => {{
              await fetch(other + "/direct");
              await get(other + "/http");
              await fetch(url + "/redirect?to=" + other + "/redirected");
            }});
            """)
        self.run_all()
        self.assertEqual(self.stack.calls, [("/redirect", "stack-test.case=one")])
        self.assertEqual(other.calls, [("/direct", None), ("/http", None), ("/redirected", None)])

    def test_preload_is_not_needed_for_tests_of_jest(self):
        """Many a package.json sets NODE_OPTIONS itself."""
        self.write(a="test('one', () => fetch(url + '/one'));")
        self.run_all(env={"NODE_OPTIONS": ""})
        self.assertEqual(self.stack.calls, [("/one", "stack-test.case=one")])

    def test_ends_with_the_connection_in_the_middle_of_a_test(self):
        self.write(a="test('one', () => new Promise((done) => setTimeout(done, 600000)), 700000);")
        tool = self.tool("run")
        self.assertEqual(tool.hear()["tests"], ["a.test.js::one"])
        tool.say(type="select", ids=["a.test.js::one"])
        self.assertEqual(tool.hear()["type"], "started")
        tool.say(type="go", baggage="stack-test.case=a")
        tool.socket.shutdown(2)
        self.assertEqual(tool.ended(), 70)

    def test_what_hangs_tells_what_it_printed_and_what_it_started_ends_with_it(self):
        self.write(a="""
            test("one", () => {
              console.log("so far");
              require("child_process").spawn("sleep", ["600"]);
              return new Promise((done) => setTimeout(done, 600000));
            }, 700000);
            """)
        tool = self.tool("run", own_group=True)
        tool.hear(), tool.say(type="select", ids=["a.test.js::one"])
        tool.hear(), tool.say(type="go", baggage="stack-test.case=a")
        told = {"stdout": ""}
        while not told.get("stdout"):  # it may not be there yet
            tool.say(type="hung")
            told = tool.hear()
        self.assertEqual((told["type"], told["stdout"]), ("hung", "so far\n"))
        tool.socket.shutdown(2)
        self.assertEqual(tool.ended(), -9)
        self.assertTrue(controller.wait_until(lambda: not tool.group_lives()))


if __name__ == "__main__":
    unittest.main()
