/** Unit tests: bundled by esbuild, run by Node's own test runner. */

import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const out = mkdtempSync(join(tmpdir(), 'zenbook-'));
try {
  const tests = readdirSync('tests').filter(name => name.endsWith('.test.ts'));
  await build({
    entryPoints: tests.map(name => `tests/${name}`),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error'
  });
  const files = tests.map(name => join(out, name.replace('.ts', '.mjs')));
  process.exitCode = spawnSync(process.execPath, ['--test', ...files], {
    stdio: 'inherit'
  }).status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
