/**
 * Bundle the inline widget: zenbook/static/widget.js (one module, at most 40 kB) and widget.css.
 *
 * esbuild joins, terser makes small (3 kB less than esbuild alone). JSX becomes plain `h()` calls
 * here, which is 2 kB smaller than the automatic runtime that the extension is compiled with.
 */

import { build, context } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';

const LIMIT = 40_000;
/** Names of our components' properties that no JSON, DOM or library knows: made short. */
const OURS =
  /^(on(Select|Open|Error|Run|Restore|RunFrom|Follow|Tab|Yes|No|Choose|Sort|Collect)|baseline|picked|stamp|tabs?|choices|followers|camera|pressed|host|empty|goTo|openFile|live|follow|settle|post|reset|take|hear|timer|columns|place|head|selected|query|label|span|pairs|edge|yes|no|choice|column|low|high|drag|told|glyph|zoom|last|state|busy|current|row|right|bottom)$/;
const OUT = '../zenbook/static';

const script = {
  entryPoints: { widget: 'widget/index.ts' },
  outdir: OUT,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  tsconfigRaw: { compilerOptions: { jsx: 'react', jsxFactory: 'h', jsxFragmentFactory: 'Fragment' } },
  inject: ['widget/jsx.mjs'],
  legalComments: 'none',
  plugins: [
    {
      name: 'from-our-own-kernel',
      setup(made) {
        const path = fileURLToPath(new URL('contract.ts', import.meta.url));
        made.onResolve({ filter: /\/contract$/ }, () => ({ path }));
      }
    }
  ]
};
const style = {
  entryPoints: { widget: 'style/views.css' },
  outdir: OUT,
  minify: true
};

if (process.argv.includes('--watch')) {
  await (await context(script)).watch();
  await (await context(style)).watch();
} else {
  await build(style);
  await build(script);
  const file = `${OUT}/widget.js`;
  const { code } = await minify(readFileSync(file, 'utf-8'), {
    module: true,
    mangle: { properties: { regex: OURS } },
    compress: { passes: 5, ecma: 2020, unsafe_arrows: true, pure_getters: true, keep_fargs: false }
  });
  writeFileSync(file, code);
  const size = Buffer.byteLength(code);
  console.log(`widget.js ${(size / 1000).toFixed(1)} kB of ${LIMIT / 1000} kB`);
  process.exitCode = size > LIMIT ? 1 : 0;
}
