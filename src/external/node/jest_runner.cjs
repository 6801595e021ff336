'use strict';
// Lets stack-test drive a jest suite: given as --testRunner, with --runInBand. The tests stay jest-circus's; told from here
// are which tests of a file run, when each begins and ends, and how it went, as JSON lines over a connection to loopback:
//
//   collect:  hello, collected (one for each file)
//   run:      hello, then for each file: file -> select; for each test: started -> go, outside -> go once it is through and
//             hooks of the file may follow, finished
//
// jest runs files whole and in its own order, and what it must not run has to be skipped before the file's first hook; so it
// says what a file has and is told what to select, where pytest is told one test after the other.
// jest 29 and 30, Node 18 or later.

const net = require('node:net');
const path = require('node:path');
const util = require('node:util');
const { createRequire } = require('node:module');
const { realpathSync } = require('node:fs');
const { current } = require('./preload.cjs'); // again, for those who set NODE_OPTIONS themselves

const KEPT = 64 * 1024 + 1; // bytes of each captured text, one more than stack-test keeps; the end is what tells
const SESSION = 'stack-test.session=1'; // whose calls are of no test
const RETRY_TIMES = Symbol.for('RETRY_TIMES');

// -- the connection --------------------------------------------------------------------------------------------------

/** The connection to stack-test. When it ends, so does the process: nothing may outlive a killed stack-test. */
class Link {
  constructor(address, ownGroup) {
    const end = () => {
      if (ownGroup) process.kill(0, 'SIGKILL'); // the group that was made for it, with all that its tests started
      process.exit(70);
    };
    const at = address.lastIndexOf(':');
    this.waiting = [];
    this.socket = net.connect(Number(address.slice(at + 1)), address.slice(0, at));
    this.socket.setNoDelay(true);
    let rest = '';
    this.socket.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const message of lines.map((line) => JSON.parse(line))) {
        if (message.type === 'hung') this.tell({ type: 'hung', ...this.hung?.() });
        else this.waiting.shift()?.(message);
      }
    });
    this.socket.on('error', end).on('close', end);
    this.socket.unref(); // jest ends when it is done, connection or not
  }

  tell(message) {
    // Lone surrogates cannot be read as JSON on the other side.
    const text = JSON.stringify(message, (_, value) => (typeof value === 'string' ? value.toWellFormed?.() ?? value : value));
    return new Promise((done) => this.socket.write(`${text}\n`, done));
  }

  async ask(message, wanted) {
    this.socket.ref();
    const answer = new Promise((heard) => this.waiting.push(heard));
    this.tell(message);
    const heard = await answer;
    this.socket.unref();
    if (heard.type !== wanted) throw new Error(`stack-test answered ${JSON.stringify(heard)} to ${message.type}`);
    return heard;
  }
}

let link;

/** One for the process; what it needs is taken out of the environment, as a jest that a test starts is not ours to drive. */
function connection(version) {
  if (link === undefined) {
    const { STACK_TEST_CONTROL: control, STACK_TEST_CONTROL_TOKEN: token, STACK_TEST_PHASE: phase = 'run' } = process.env;
    delete process.env.STACK_TEST_CONTROL;
    const ownGroup = process.env.STACK_TEST_OWN_GROUP !== undefined;
    delete process.env.STACK_TEST_CONTROL_TOKEN;
    delete process.env.STACK_TEST_OWN_GROUP;
    link = control ? new Link(control, ownGroup) : null;
    if (link) {
      link.phase = phase;
      link.tell({ type: 'hello', token, tool: 'jest', version, phase });
    }
  }
  return link;
}

// -- what there is ---------------------------------------------------------------------------------------------------

/** jest-circus of the project's own jest. It may not be at the top of node_modules, but jest-config, loaded by now, finds it. */
function circus(rootDir) {
  const loaded = Object.keys(require.cache).filter((file) => /[\\/]jest-(config|runner)[\\/]/.test(file));
  const from = [path.join(rootDir, 'package.json'), realpathSync(process.argv[1]), ...loaded.slice(0, 1)];
  for (const file of [...loaded.filter((file) => file.includes('jest-config')).slice(0, 1), ...from]) {
    try {
      const resolve = createRequire(file);
      const runner = resolve('jest-circus/runner');
      return { run: runner.default ?? runner, version: resolve('jest-circus/package.json').version };
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error('stack-test: jest-circus is not installed; other runners of jest cannot be driven');
}

/** The tests of a describe block in the order of the file. */
function* tests(block) {
  for (const child of block.children) {
    if (child.type === 'test') yield child;
    else yield* tests(child);
  }
}

/** Tests by id: the file, then names from the outside in. A second one of the same name is `id#2`. */
function named(file, block) {
  const found = new Map();
  for (const test of tests(block)) {
    const names = [test.name];
    for (let up = test.parent; up && up.parent; up = up.parent) names.unshift(up.name);
    const name = `${file}::${names.join(' > ')}`;
    let id = name;
    for (let count = 2; found.has(id); count += 1) id = `${name}#${count}`;
    found.set(id, test);
  }
  return found;
}

/** The line of the file that an error's stack passes last, from 1. */
function lineOf(error, file) {
  const lines = String(error?.stack ?? '').split('\n');
  for (const line of lines) {
    const at = line.lastIndexOf(`${file}:`);
    if (at >= 0) return Number.parseInt(line.slice(at + file.length + 1), 10) || null;
  }
  return null;
}

// -- how it went -----------------------------------------------------------------------------------------------------

const plain = (text) => Buffer.from(util.stripVTControlCharacters(String(text))).subarray(-KEPT).toString();
const oneLine = (text) => plain(text).trim().split('\n', 1)[0].slice(0, 1000);

/** jest-circus keeps an error, or a pair of it and the error whose stack tells where the test was defined. */
const errorOf = (entry) => (Array.isArray(entry) ? entry[0] ?? entry[1] : entry);

/** Without the stack's frames in libraries: jest's own are dozens. */
function described(entry) {
  const error = errorOf(entry);
  if (!error || typeof error !== 'object') return `thrown: ${util.inspect(error)}`;
  const frames = String(error.stack ?? error).split('\n');
  const text = frames.filter((line) => !/^\s+at .*([\\/]node_modules[\\/]|node:internal|<anonymous>|jest_runner\.cjs)/.test(line)).join('\n');
  return error.message && !text.includes(error.message) ? `${error.message}\n${text}` : text;
}

function messageOf(entry) {
  const error = errorOf(entry);
  return oneLine(error?.message || described(entry));
}

/** What one file's tests tell, from the events of jest-circus. */
class File {
  constructor(link, testPath, environment) {
    this.link = link;
    this.testPath = testPath;
    this.file = path.relative(process.cwd(), testPath);
    this.environment = environment;
    this.ids = new Map(); // selected tests only
    this.held = null;
    this.output = { stdout: '', stderr: '' };
    this.begun = false;
  }

  async heard(event, state) {
    if (event.name === 'run_start') await this.begin(state);
    else if (event.name === 'run_finish') await this.end(state);
    else if (this.ids.has(event.test)) {
      if (event.name === 'test_start') await this.start(event.test);
      else if (event.name === 'test_skip') await this.finish(event.test, { outcome: 'skipped', reason: 'test.skip' });
      else if (event.name === 'test_todo') await this.finish(event.test, { outcome: 'skipped', reason: 'todo' });
      else if (event.name === 'test_done') await this.finish(event.test, this.verdict(event.test));
    }
  }

  async begin(state) {
    this.begun = true;
    const found = named(this.file, state.rootDescribeBlock);
    let selected = [];
    if (this.link.phase === 'collect') {
      const tests = [...found].map(([id, test]) => ({ id, file: this.file, line: lineOf(test.asyncError, this.testPath), marks: [] }));
      const errors = state.unhandledErrors.map((error) => ({ file: this.file, message: plain(described(error)) }));
      await this.link.tell({ type: 'collected', tests, errors });
    } else {
      const answer = await this.link.ask({ type: 'file', file: this.file, tests: [...found.keys()] }, 'select');
      selected = answer.ids;
      current.baggage = SESSION;
    }
    const wanted = new Set(selected);
    for (const [id, test] of found) {
      // Skipped, a test does not call for its block's hooks either.
      if (wanted.has(id)) this.ids.set(test, id);
      else test.mode = 'skip';
      // Concurrent tests would begin before anyone is told, and their calls could not be told apart.
      test.concurrent = false;
    }
    // A second try would ask for answers that the first one used up. stack-test reruns whole tests.
    this.environment.global[RETRY_TIMES] = 0;
    this.unhandled = state.unhandledErrors.length;
    this.listen(this.environment.global.console);
  }

  /** What a test prints is its own, and still printed. */
  listen(console) {
    for (const [method, stream] of [['log', 'stdout'], ['info', 'stdout'], ['debug', 'stdout'], ['warn', 'stderr'], ['error', 'stderr']]) {
      const print = console[method];
      console[method] = (...args) => {
        this.output[stream] += `${util.format(...args)}\n`;
        print.apply(console, args);
      };
    }
  }

  async start(test) {
    this.release();
    const answer = await this.link.ask({ type: 'started', id: this.ids.get(test) }, 'go');
    this.output = { stdout: '', stderr: '' };
    // Asked for when the test takes too long.
    this.link.hung = () => ({ stdout: plain(this.output.stdout), stderr: plain(this.output.stderr) });
    current.baggage = answer.baggage ?? SESSION;
  }

  verdict(test) {
    const errors = test.errors;
    if (test.failing) {
      return errors.length ? { outcome: 'xpassed', strict: true, reason: 'test.failing' } : { outcome: 'xfailed', reason: 'test.failing' };
    }
    if (!errors.length) return { outcome: 'passed' };
    return {
      outcome: 'failed',
      message: messageOf(errors[0]),
      detail: plain(errors.map(described).join('\n\n')),
      line: lineOf(errorOf(errors[0]), this.testPath) ?? lineOf(test.asyncError, this.testPath),
    };
  }

  /** Held until the next test starts: an afterAll that fails then is told with the last test before it, not lost. */
  async finish(test, verdict) {
    const ran = current.baggage !== SESSION;
    current.baggage = SESSION;
    this.held = {
      type: 'finished', id: this.ids.get(test), strict: false, duration: (test.duration ?? 0) / 1000, reason: null, message: null,
      detail: null, file: this.file, line: lineOf(test.asyncError, this.testPath), log: '',
      stdout: plain(this.output.stdout), stderr: plain(this.output.stderr), ...verdict,
    };
    if (ran) await this.link.ask({ type: 'outside' }, 'go');
  }

  release() {
    const held = this.held;
    this.held = null;
    return held && this.link.tell(held);
  }

  async end(state) {
    const errors = state.unhandledErrors.slice(this.unhandled);
    if (errors.length && this.held && this.held.outcome !== 'failed') {
      Object.assign(this.held, {
        outcome: 'error',
        message: oneLine(`after the test: ${messageOf(errors[0])}`),
        detail: plain(errors.map(described).join('\n\n')),
      });
    }
    await this.release();
  }

  /** The file did not load, so that it has no tests. */
  async broken(error) {
    if (this.begun) return;
    if (this.link.phase === 'collect') {
      await this.link.tell({ type: 'collected', tests: [], errors: [{ file: this.file, message: plain(described(error)) }] });
    } else {
      await this.link.ask({ type: 'file', file: this.file, tests: [] }, 'select');
    }
  }
}

module.exports = async function runner(globalConfig, config, environment, runtime, testPath, ...rest) {
  const { run, version } = circus(config.rootDir);
  const link = connection(version);
  if (!link) return run(globalConfig, config, environment, runtime, testPath, ...rest);
  const file = new File(link, testPath, environment);
  const theirs = environment.handleTestEvent?.bind(environment);
  environment.handleTestEvent = async (event, state) => {
    await theirs?.(event, state);
    await file.heard(event, state);
  };
  try {
    return await run(globalConfig, config, environment, runtime, testPath, ...rest);
  } catch (error) {
    await file.broken(error);
    throw error;
  }
};
