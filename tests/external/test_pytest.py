"""The pytest plugin, driven by a small stand-in for stack-test. Run by tests/external/run in an environment with the clients."""

import os
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

import controller
from controller import Stack, Tool, collected

ENV = {"PYTEST_PLUGINS": "stack_test_plugin", "PYTHONPATH": controller.PYTHON_FOLDER, "PYTHONDONTWRITEBYTECODE": "1"}


class World(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.stack = Stack()
        self.addCleanup(self.stack.close)

    def write(self, **files):
        for name, text in files.items():
            with open(os.path.join(self.folder, f"{name}.py"), "w", encoding="utf-8") as file:
                file.write("import os, pytest\nURL = os.environ.get('STACK_TEST_STACK_URL')\n" + textwrap.dedent(text))

    def tool(self, phase, *args, **options):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
        options = {"stack_url": self.stack.url, "env": ENV, **options}
        tool = Tool(command, self.folder, phase, **options)
        self.addCleanup(tool.close)
        self.assertEqual((tool.hello["type"], tool.hello["tool"], tool.hello["phase"]), ("hello", "pytest", phase))
        self.assertEqual(tool.hello["token"], "a made-up token")
        return tool

    def collect(self, *args, **options):
        return collected(self.tool("collect", *args, **options))

    def run_all(self, *args, **options):
        """Runs what there is; results by short name."""
        tests, errors, _ = self.collect(*args, **options)
        self.assertEqual(errors, [])
        results, rest, code = controller.run(self.tool("run", *args, **options), tests)
        return {controller.short(name): result for name, result in results.items()}, rest, code


class Collecting(World):
    def test_tells_ids_lines_and_marks_and_runs_nothing(self):
        self.write(test_a="""
            def setup_module(): 1 / 0
            @pytest.mark.parametrize("n", [1, 2])
            @pytest.mark.xfail
            def test_p(n): pass
            class TestB:
                def test_c(self): pass
            """)
        tests, errors, code = self.collect()
        self.assertEqual(list(tests), ["test_a.py::test_p[1]", "test_a.py::test_p[2]", "test_a.py::TestB::test_c"])
        self.assertEqual(tests["test_a.py::test_p[1]"], {"id": "test_a.py::test_p[1]", "file": "test_a.py", "line": 5, "marks": ["xfail"]})
        self.assertEqual((errors, code), ([], 0))

    def test_file_that_does_not_import_is_told_and_the_rest_collected(self):
        self.write(test_a="def test_a(): pass", test_bad="import no_such_module")
        tests, errors, _ = self.collect()
        self.assertEqual(list(tests), ["test_a.py::test_a"])
        self.assertEqual([error["file"] for error in errors], ["test_bad.py"])
        self.assertIn("no_such_module", errors[0]["message"])

    def test_broken_conftest_is_told(self):
        self.write(conftest="import no_such_module", test_a="def test_a(): pass")
        tests, errors, code = self.collect()
        self.assertEqual((tests, [error["file"] for error in errors]), ({}, ["conftest.py"]))
        self.assertIn("no_such_module", errors[0]["message"])
        self.assertNotEqual(code, 0)

    def test_end_before_collection_is_an_end_without_a_list(self):
        self.write(conftest="def pytest_collection(): pytest.exit('no licence', returncode=0)", test_a="def test_a(): pass")
        tool = self.tool("collect")
        self.assertIsNone(tool.hear())
        self.assertNotEqual(tool.ended(), 0)
        self.assertIn("no licence", tool.output())
        self.write(conftest="")
        tool = self.tool("collect", "nodir")
        self.assertIsNone(tool.hear())
        self.assertIn("file or directory not found: nodir", tool.output())


class Staying(World):
    OPTIONS = "def pytest_addoption(parser): parser.addoption('--stack-config', default='')\n"

    def stays(self):
        stay = {**ENV, "STACK_TEST_STAY": "1"}
        url = "http://127.0.0.1:1"
        return self.tool("collect", stack_url=url, options={"stack_config": url}, env=stay)

    def begin(self):
        return {"stack_url": self.stack.url, "options": {"stack_config": self.stack.url}}

    def write_all(self, conftest, test):
        # Not by `write`, which has every file read the address.
        for name, text in (("conftest", self.OPTIONS + textwrap.dedent(conftest)), ("test_a", textwrap.dedent(test))):
            with open(os.path.join(self.folder, f"{name}.py"), "w", encoding="utf-8") as file:
                file.write("import os, pytest\n" + text)

    def test_process_that_collected_runs_the_tests_with_what_is_known_then(self):
        self.write_all("""
            def pytest_configure(config):
                if not str(config.getoption("--stack-config") or "").startswith("http"): raise pytest.UsageError("no address")
            """, """
            import httpx
            def test_address(pytestconfig):
                url = pytestconfig.getoption("--stack-config")
                assert url == os.environ["STACK_TEST_STACK_URL"] and type(url) is str
                assert not pytestconfig.getoption("collectonly")
                httpx.get(url + "/a")
            def test_fails(): assert False
            """)
        tool = self.stays()
        tests = controller.staying(tool, **self.begin())
        results, _, code = controller.run(tool, tests)
        self.assertEqual([result["outcome"] for result in results.values()], ["passed", "failed"], results)
        self.assertEqual(code, 1)
        self.assertEqual(self.stack.calls, [("/a", "stack-test.case=test_address")])

    def test_process_whose_suite_took_down_what_will_differ_does_not_stay(self):
        for conftest, test in (
            ("", "URL = os.environ['STACK_TEST_STACK_URL']\ndef test_a(): pass"),
            ("", "URL = dict(os.environ)\ndef test_a(): pass"),
            ("def pytest_configure(config): config.base = config.option.stack_config + '/v1'", ""),
            ("def pytest_configure(config): config.base = '<' + config.option.stack_config", ""),
            ("def pytest_configure(config): config.base = '%s/v1' % config.option.stack_config", ""),
            ("def pytest_configure(config): config.base = str(config.option.stack_config)", ""),
            ("def pytest_configure(config): config.base = f'{config.option.stack_config}/v1'", ""),
            ("def pytest_configure(config): config.base = config.getoption('--stack-config')", ""),
            ("def pytest_configure(config): os.environ['BASE'] = config.option.stack_config", ""),
            ("def pytest_generate_tests(metafunc): metafunc.parametrize('n', [metafunc.config.option.stack_config])",
             "def test_n(n): pass"),
            ("def pytest_sessionstart(session): session.served = not session.config.getoption('collectonly')", ""),
        ):
            with self.subTest(conftest + test):
                self.write_all(conftest, test or "def test_a(): pass")
                tool = self.stays()
                self.assertIsNone(controller.staying(tool))
                self.assertEqual(tool.ended(), 0)

    def test_process_that_stays_ends_with_the_connection(self):
        self.write_all("", "def test_a(): pass")
        tool = self.stays()
        self.assertTrue(tool.hear()["stays"])
        tool.socket.shutdown(2)
        self.assertEqual(tool.ended(), 70)

    def test_file_that_does_not_import_keeps_it_from_staying(self):
        self.write_all("", "import no_such_module")
        tool = self.stays()
        message = tool.hear()
        self.assertEqual((len(message["errors"]), message.get("stays")), (1, None))
        self.assertIsNotNone(tool.ended())


class Results(World):
    def test_each_outcome(self):
        self.write(test_a="""
            import sys, unittest
            def test_passed(): pass
            def test_failed():
                assert 1 == 2, "not equal"
            @pytest.fixture
            def bad(): raise ValueError("no")
            def test_setup(bad): pass
            @pytest.fixture
            def bad_end():
                yield
                raise ValueError("no end")
            def test_teardown(bad_end): pass
            def test_both(bad_end): assert False
            def test_skipped(): pytest.skip("not today")
            @pytest.mark.skip(reason="never")
            def test_marked(): pass
            @pytest.mark.xfail(reason="known")
            def test_xfailed(): assert False
            @pytest.mark.xfail(reason="known", run=False)
            def test_notrun(): assert False
            @pytest.mark.xfail(reason="known")
            def test_xpassed(): pass
            @pytest.mark.xfail(reason="known", strict=True)
            def test_strict(): pass
            def test_late(request):
                request.node.add_marker(pytest.mark.xfail(reason="found late", strict=True))
                assert False
            class TestU(unittest.TestCase):
                @unittest.skip("old style")
                def test_u_skipped(self): pass
                @unittest.expectedFailure
                def test_u_expected(self): self.fail()
                def test_u_failed(self): self.fail("oh")
            """)
        results, _, code = self.run_all()
        self.assertEqual({name: result["outcome"] for name, result in results.items()}, {
            "test_passed": "passed", "test_failed": "failed", "test_setup": "error", "test_teardown": "error", "test_both": "failed",
            "test_skipped": "skipped", "test_marked": "skipped", "test_xfailed": "xfailed", "test_notrun": "xfailed",
            "test_xpassed": "xpassed", "test_strict": "xpassed", "test_late": "xfailed", "test_u_skipped": "skipped",
            "test_u_expected": "xfailed", "test_u_failed": "failed"})
        self.assertEqual(code, 1)
        reasons = {name: result["reason"] for name, result in results.items() if result["reason"]}
        self.assertEqual(reasons["test_skipped"], "not today")
        self.assertEqual(reasons["test_marked"], "never")
        self.assertEqual(reasons["test_late"], "found late")
        self.assertEqual(reasons["test_u_skipped"], "old style")
        self.assertEqual(reasons["test_strict"], "known")
        self.assertEqual([name for name, result in results.items() if result["strict"]], ["test_strict"])
        failed = results["test_failed"]
        self.assertEqual((failed["file"], failed["line"]), ("test_a.py", 7))
        self.assertEqual(failed["message"], "AssertionError: not equal")
        self.assertIn("assert 1 == 2", failed["detail"])
        self.assertIn("no end", results["test_both"]["detail"])

    def test_output_is_kept_by_test_and_its_end_if_it_is_long(self):
        self.write(test_a="""
            import logging, sys
            def test_some():
                print("to stdout"); print("to stderr", file=sys.stderr); logging.warning("to the log")
            def test_much(): print("x" * 200_000 + "the end")
            def test_odd(): print("a lone surrogate: " + chr(0xd800)); assert "\\ud800" == ""
            """)
        results, _, _ = self.run_all()
        some = results["test_some"]
        self.assertIn("to stdout", some["stdout"])
        self.assertIn("to stderr", some["stderr"])
        self.assertIn("to the log", some["log"])
        self.assertEqual(len(results["test_much"]["stdout"]), 65537)  # so that it is seen that there was more
        self.assertTrue(results["test_much"]["stdout"].endswith("the end\n"))
        self.assertEqual(results["test_odd"]["outcome"], "failed")

    def test_order_is_ours_and_fixtures_are_torn_down_when_nothing_needs_them(self):
        self.write(test_a="""
            @pytest.fixture(scope="module")
            def wide():
                print("up")
                yield
                print("down")
            def test_1(wide): pass
            def test_2(wide): pass
            """, test_b="def test_3(): pass")
        ids = ["test_b.py::test_3", "test_a.py::test_2", "test_a.py::test_1"]
        results, rest, _ = controller.run(self.tool("run"), ids)
        self.assertEqual(list(results), ids)
        self.assertEqual([message["id"] for message in rest if message["type"] == "started"], ids)
        self.assertIn("up", results[ids[1]]["stdout"])
        self.assertNotIn("down", results[ids[1]]["stdout"])
        self.assertIn("down", results[ids[2]]["stdout"])

    def test_id_that_is_not_there_is_told(self):
        self.write(test_a="def test_a(): pass")
        results, rest, _ = controller.run(self.tool("run"), ["test_a.py::test_gone", "test_a.py::test_a"])
        self.assertEqual(list(results), ["test_a.py::test_a"])
        self.assertIn({"type": "unknown", "id": "test_a.py::test_gone"}, rest)

    def test_same_file_twice_is_two_tests(self):
        self.write(test_a="def test_a(): pass")
        tests, _, _ = self.collect("--keep-duplicates", "test_a.py", "test_a.py")
        self.assertEqual(list(tests), ["test_a.py::test_a", "test_a.py::test_a#2"])

    def test_xdist_is_switched_off(self):
        self.write(test_a="def test_a(): pass")
        results, _, code = self.run_all("-n", "2")
        self.assertEqual((results["test_a"]["outcome"], code), ("passed", 0))

    def test_pytest_that_a_test_starts_is_not_driven(self):
        self.write(test_a="""
            import subprocess, sys
            def test_a(tmp_path):
                (tmp_path / "test_inner.py").write_text("def test_inner(): pass")
                assert "1 passed" in subprocess.run([sys.executable, "-m", "pytest", str(tmp_path)], capture_output=True, text=True).stdout
            """)
        results, _, _ = self.run_all()
        self.assertEqual(results["test_a"]["outcome"], "passed", results["test_a"]["detail"])


    def test_error_of_a_shared_fixture_is_told_at_length_once_and_shortly(self):
        self.write(test_a="""
            def deep(): raise ValueError("not there")  # of it
            @pytest.fixture(scope="module")
            def shared(): deep()
            @pytest.fixture
            def own(shared): pass
            def test_1(own): pass
            def test_2(shared): pass
            """)
        results, _, _ = self.run_all()
        self.assertEqual({r["outcome"] for r in results.values()}, {"error"})
        self.assertIn("# of it", results["test_1"]["detail"])
        self.assertEqual(results["test_2"]["detail"], "as in test_a.py::test_1: what they share failed there")
        self.assertIn("not there", results["test_2"]["message"])
        self.write(test_a="def test_1():\n    kept = 1\n    assert kept == 2\n")
        self.assertNotIn("kept = 1", self.run_all()[0]["test_1"]["detail"])
        self.assertIn("kept = 1", self.run_all("--tb=long")[0]["test_1"]["detail"])


class Ending(World):
    def test_session_that_ends_in_a_test_tells_so(self):
        for end in ("pytest.exit('enough', returncode=0)", "raise KeyboardInterrupt", "os._exit(0)"):
            with self.subTest(end):
                self.write(test_a=f"def test_1(): pass\ndef test_2(): {end}\ndef test_3(): pass\n")
                results, _, code = controller.run(self.tool("run"), [f"test_a.py::test_{n}" for n in (1, 2, 3)])
                told = {} if "os" in end else {"test_a.py::test_2": "error"}
                self.assertEqual({name: r["outcome"] for name, r in results.items()}, {"test_a.py::test_1": "passed", **told})
                self.assertNotEqual((code, end), (0, "pytest.exit"))

    def test_what_fixtures_made_is_taken_down_when_it_is_told_to_end(self):
        self.write(conftest="""
            @pytest.fixture(scope="session")
            def shared():
                yield
                open("shared-is-down", "w").close()
            @pytest.fixture
            def own():
                yield
                open("own-is-down", "w").close()
            """, test_a="import time\ndef test_1(shared, own):\n    open('begun', 'w').close()\n    time.sleep(600)\n")
        tool = self.tool("run")
        self.assertEqual(tool.hear()["type"], "ready")
        tool.hear(), tool.say(type="run", id="test_a.py::test_1")
        tool.hear(), tool.say(type="end")
        heard = tool.hear()
        tool.say(type="go", baggage="stack-test.case=a")
        while (heard := tool.hear())["type"] in ("outside", "inside"):
            tool.say(type="go")
            if heard["type"] == "inside":
                break
        while not os.path.exists(os.path.join(self.folder, "begun")):
            time.sleep(0.01)
        tool.process.terminate()
        heard = tool.hear()
        self.assertEqual((heard["type"], heard["outcome"]), ("finished", "error"))
        tool.ended()
        down = [name for name in os.listdir(self.folder) if name.endswith("-is-down")]
        self.assertEqual(sorted(down), ["own-is-down", "shared-is-down"])

    def test_stops_at_the_first_failure_if_told_to(self):
        self.write(test_a="def test_1(): assert False\ndef test_2(): pass\n")
        results, _, code = controller.run(self.tool("run", "-x"), ["test_a.py::test_1", "test_a.py::test_2"])
        self.assertEqual(list(results), ["test_a.py::test_1"])
        self.assertNotEqual(code, 0)

    def test_ends_with_the_connection_in_the_middle_of_a_test(self):
        self.write(test_a="import time\ndef test_1(): time.sleep(600)\n")
        tool = self.tool("run")
        self.assertEqual(tool.hear()["type"], "ready")
        tool.hear(), tool.say(type="run", id="test_a.py::test_1")
        tool.hear(), tool.say(type="end")
        self.assertEqual(tool.hear()["type"], "started")
        tool.say(type="go", baggage="stack-test.case=a")
        tool.socket.shutdown(2)
        self.assertEqual(tool.ended(), 70)

    def test_what_its_tests_started_ends_with_it(self):
        self.write(test_a="""
            import subprocess, sys, time
            def test_1():
                subprocess.Popen(["sh", "-c", "echo begun; exec sleep 600"], stdout=open("child", "w"), stderr=subprocess.DEVNULL)
                time.sleep(600)
            """)
        tool = self.tool("run", own_group=True)
        tool.hear(), tool.hear(), tool.say(type="run", id="test_a.py::test_1")
        tool.hear(), tool.say(type="end")
        tool.hear(), tool.say(type="go", baggage="stack-test.case=a")
        child = os.path.join(self.folder, "child")
        self.assertTrue(controller.wait_until(lambda: os.path.exists(child) and os.path.getsize(child)))
        tool.socket.shutdown(2)
        self.assertEqual(tool.ended(), -9)
        self.assertTrue(controller.wait_until(lambda: not tool.group_lives()))

    def test_what_hangs_tells_where(self):
        self.write(test_a="""
            import time
            def hangs(): time.sleep(600)  # here
            def test_1():
                print("so far")
                hangs()
            """)
        tool = self.tool("run")
        tool.hear(), tool.hear(), tool.say(type="run", id="test_a.py::test_1")
        tool.hear(), tool.say(type="end")
        tool.hear(), tool.say(type="go", baggage="stack-test.case=a", limit=600)
        told = {"detail": ""}
        while "# here" not in told["detail"] or not told["stdout"]:  # it may not be there yet
            tool.say(type="hung")
            told = tool.hear()
        self.assertEqual((told["type"], told["stdout"]), ("hung", "so far\n"))
        self.assertIn("test_1", told["detail"])
        self.assertNotIn("_pytest", told["detail"])

    def test_nothing_of_a_test_runs_before_go(self):
        self.write(conftest="def pytest_runtest_logstart(): open('begun', 'w').close()", test_a="def test_1(): pass")
        tool = self.tool("run")
        tool.hear(), tool.hear(), tool.say(type="run", id="test_a.py::test_1")
        tool.hear(), tool.say(type="end")
        self.assertEqual(tool.hear()["type"], "started")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "begun")))
        tool.say(type="go", baggage="stack-test.case=a")
        self.assertEqual(tool.hear()["outcome"], "passed")
        self.assertTrue(os.path.exists(os.path.join(self.folder, "begun")))


class Baggage(World):
    def tool(self, *args, **options):
        tool = super().tool(*args, **options)
        tool.notes = self.stack.calls
        return tool

    def calls(self, text, **files):
        self.write(test_a=text, **files)
        results, _, _ = self.run_all()
        self.assertEqual({r["outcome"] for r in results.values()}, {"passed"}, [r["detail"] for r in results.values()])
        return self.stack.calls

    def test_every_client_says_whose_its_calls_are(self):
        calls = self.calls("""
            import asyncio, threading
            import requests  # before the others, and while the plugin watches
            def test_httpx():
                import httpx
                httpx.get(URL + "/httpx")
                async def ask():
                    async with httpx.AsyncClient() as client: await client.get(URL + "/async")
                asyncio.run(ask())
            def test_httpx2():
                import httpx2
                httpx2.get(URL + "/httpx2")
            def test_requests(): requests.post(URL + "/requests", data="x")
            def test_aiohttp():
                import aiohttp
                async def ask():
                    async with aiohttp.ClientSession() as client:
                        async with client.get(URL + "/aiohttp") as answer: await answer.read()
                asyncio.run(ask())
            def test_openai():
                import openai
                openai.OpenAI(base_url=URL + "/v1", api_key="none").models.list()
            def test_llama():
                import llama_stack_client
                llama_stack_client.LlamaStackClient(base_url=URL).providers.list()
            def test_thread():
                thread = threading.Thread(target=lambda: requests.get(URL + "/thread"))
                thread.start(); thread.join()
            """)
        self.assertEqual(dict(calls), {path: f"stack-test.case=test_{test}" for path, test in {
            "/httpx": "httpx", "/async": "httpx", "/httpx2": "httpx2", "/requests": "requests", "/aiohttp": "aiohttp",
            "/v1/models": "openai", "/v1/providers": "llama", "/thread": "thread"}.items()})

    def test_what_a_test_says_itself_is_kept(self):
        calls = self.calls("""
            import httpx, requests, aiohttp, asyncio
            OWN = {"Baggage": "user=1"}
            def test_a():
                httpx.get(URL + "/httpx", headers=OWN)
                requests.get(URL + "/requests", headers=OWN)
                async def ask():
                    async with aiohttp.ClientSession(headers=OWN) as client:
                        async with client.get(URL + "/aiohttp") as answer: await answer.read()
                asyncio.run(ask())
            """)
        self.assertEqual({baggage for _, baggage in calls}, {"user=1,stack-test.case=test_a"})

    def test_only_the_stack_is_told_not_where_it_redirects_to(self):
        other = Stack()
        self.addCleanup(other.close)
        self.calls(f"""
            import httpx, requests, aiohttp, asyncio
            OTHER = "{other.url}"
            def test_a():
                for get in (lambda url: httpx.get(url, follow_redirects=True), requests.get):
                    get(OTHER + "/direct")
                    get(URL + "/redirect?to=" + OTHER + "/redirected")
                async def ask():
                    async with aiohttp.ClientSession() as client:
                        async with client.get(URL + "/redirect?to=" + OTHER + "/redirected") as answer: await answer.read()
                asyncio.run(ask())
            """)
        self.assertEqual({baggage for _, baggage in self.stack.calls}, {"stack-test.case=test_a"})
        self.assertEqual({baggage for _, baggage in other.calls}, {None})
        self.assertEqual(len(other.calls), 5)

    def test_localhost_is_the_stack_as_well(self):
        calls = self.calls("""
            import requests
            def test_a(): requests.get(URL.replace("127.0.0.1", "localhost") + "/a")
            """)
        self.assertEqual(calls, [("/a", "stack-test.case=test_a")])

    def test_fixtures_of_several_tests_are_the_sessions(self):
        calls = self.calls("""
            import requests, unittest
            def get(path): requests.get(URL + path)
            @pytest.fixture(scope="session")
            def session():
                get("/session-up"); yield; get("/session-down")
            @pytest.fixture(scope="module")
            def module(session, request):
                request.addfinalizer(lambda: get("/module-down"))
                get("/module-up")
            @pytest.fixture
            def own(module):
                get("/own-up"); yield; get("/own-down")
            @pytest.fixture(scope="class")
            def broken():
                get("/broken-up")
                raise ValueError
            def test_a(own): get("/a")
            def test_b(own, request):
                with pytest.raises(ValueError): request.getfixturevalue("broken")
                get("/b")
            class TestU(unittest.TestCase):
                @classmethod
                def setUpClass(cls): get("/class-up")
                def setUp(self): get("/set-up")
                def test_u(self): get("/u")
            """)
        a, b, u = (f"stack-test.case=test_{name}" for name in "abu")
        session = "stack-test.session=1"
        self.assertEqual([call for call in calls if call[0] not in ("outside", "inside")], [
            ("/session-up", session), ("/module-up", session), ("/own-up", a), ("/a", a), ("/own-down", a), ("/own-up", b),
            ("/broken-up", session), ("/b", b), ("/own-down", b), ("/class-up", session), ("/set-up", u), ("/u", u),
            ("/module-down", session), ("/session-down", session)])
        # A stack that passes no baggage on: each of them is told of, too.
        outside = False
        for path, baggage in calls:
            outside = {"outside": True, "inside": False}.get(path, outside)
            if path not in ("outside", "inside"):
                self.assertEqual(outside, baggage == session, path)


class Options(World):
    CONFTEST = """
        def pytest_addoption(parser):
            parser.addoption("--stack-config", default=None)
            parser.addoption("--text-model", default="theirs")
            parser.addoption("--embedding-dimension", type=int, default=384)
        def pytest_configure(config): config.seen_early = config.getoption("--text-model")
        """
    TEST = """
        def test_a(pytestconfig):
            print(pytestconfig.seen_early, pytestconfig.getoption("--stack-config"), pytestconfig.getoption("--embedding-dimension") + 1)
        """
    GIVEN = {"stack_config": "http://127.0.0.1:5", "text_model": "ours", "embedding_dimension": "64", "judge_model": "j"}

    def test_those_that_the_suite_has_are_set(self):
        self.write(conftest=self.CONFTEST, test_a=self.TEST)
        results, _, _ = self.run_all(options=self.GIVEN)
        self.assertEqual(results["test_a"]["stdout"], "ours http://127.0.0.1:5 65\n")

    def test_the_command_line_wins(self):
        self.write(conftest=self.CONFTEST, test_a=self.TEST)
        results, _, _ = self.run_all("--text-model=given", "--stack-config", "x", options=self.GIVEN)
        self.assertEqual(results["test_a"]["stdout"], "given x 65\n")


class Alone(World):
    def test_without_stack_test_nothing_is_changed(self):
        self.write(test_a="""
            import httpx, sys
            def test_a(request):
                assert not request.config.pluginmanager.hasplugin("stack-test")
                assert type(sys.meta_path[0]).__module__ != "stack_test_plugin"
                assert httpx.HTTPTransport.handle_request.__module__.startswith("httpx")
            """)
        done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider"], cwd=self.folder, capture_output=True,
                              text=True, env={**os.environ, **ENV})
        self.assertIn("1 passed", done.stdout)


if __name__ == "__main__":
    unittest.main()
