// Builds dist/, which is committed and embedded in the server: minified, with stable file names,
// gzipped copies of what shrinks, and the licences of the packages that went in.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { thirdPartyNotices } from './notices.mjs';

process.chdir(dirname(fileURLToPath(import.meta.url)));
await rm('dist', { recursive: true, force: true });
await mkdir('dist');

const leanJsonFormatter = {
  name: 'lean JSON formatter',
  setup: (build) =>
    build.onResolve({ filter: /^prettier\/(plugins\/estree|parser-babel)$/ }, () => ({
      path: join(process.cwd(), 'src/prettier-json.js'),
    })),
};

const { metafile } = await build({
  entryPoints: { main: 'src/main.js', worker: 'src/worker.js' },
  outdir: 'dist',
  assetNames: '[name]',
  publicPath: '/graphiql',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.ttf': 'file', '.woff2': 'file' },
  legalComments: 'none',
  banner: { js: '/*! Licences: /graphiql/third-party-notices.txt */' },
  metafile: true,
  logLevel: 'warning',
  plugins: [leanJsonFormatter],
});

for (const file of ['index.html', 'icon.svg']) {
  await copyFile(join('src', file), join('dist', file));
}
await writeFile('dist/third-party-notices.txt', await thirdPartyNotices(Object.keys(metafile.inputs)));

for (const file of await readdir('dist')) {
  if (/\.(js|css|txt|ttf)$/.test(file)) {
    const content = await readFile(join('dist', file));
    await writeFile(join('dist', `${file}.gz`), gzipSync(content, { level: 9 }));
  }
}
