// Collects the licence texts of the packages whose files are in the bundle.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const noticeFile = /^(licen[cs]e|notice|copying|thirdpartynotices)/i;

// A few packages say "MIT" and carry no text: they get the common terms, from a package that has them.
async function missingText({ name, license }) {
  if (license !== 'MIT') throw new Error(`${name} (${license}) has no licence file: add its text here`);
  const mit = await readFile('node_modules/graphql/LICENSE', 'utf8');
  return `Copyright (c) the authors of ${name}\n\n${mit.slice(mit.indexOf('Permission is hereby'))}`;
}

async function notice(folder) {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => noticeFile.test(file)).sort();
  const texts = files.map((file) => readFile(join(folder, file), 'utf8'));
  const body = await Promise.all(texts.length > 0 ? texts : [missingText(manifest)]);
  return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${body.map((text) => text.trim()).join('\n\n')}\n`;
}

/** One text that names each package among the bundled `inputs` and gives its licence. */
export async function thirdPartyNotices(inputs) {
  const folders = new Set(inputs.map((input) => input.match(packageFolder)?.[0]).filter(Boolean));
  const notices = await Promise.all([...folders].sort().map(notice));
  return notices.join(`\n${'-'.repeat(80)}\n\n`).replaceAll('\r\n', '\n');
}
