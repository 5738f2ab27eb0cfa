// TAP for the test programs of this folder.
let count = 0;
let failed = 0;

/** Run one test: fn throws when its claim does not hold. */
export function test(name, fn) {
  count += 1;
  try {
    fn();
    console.log(`ok ${count} - ${name}`);
  } catch (e) {
    failed += 1;
    console.log(`not ok ${count} - ${name}`);
    for (const line of String(e.stack ?? e).split('\n')) console.log(`# ${line}`);
  }
}

/** Print the plan and set the exit code. */
export function done() {
  console.log(`1..${count}`);
  process.exitCode = failed ? 1 : 0;
}
