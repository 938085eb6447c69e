// Holds the server at the URL given as argument to every audit of GraphQL over HTTP. Prints each
// audit that does not pass and how many there are; ends with 1 if one fails.

import { auditServer } from 'graphql-http';

const [url] = process.argv.slice(2);
if (!url) {
  console.error('usage: node audit.mjs URL');
  process.exit(2);
}

const results = await auditServer({ url });
const failed = results.filter((result) => result.status !== 'ok');
for (const { id, name, status, reason } of failed) {
  console.log(`${id} ${name}\n  ${status}: ${reason}`);
}
console.log(`${results.length - failed.length} of ${results.length} audits pass`);
process.exitCode = failed.length === 0 ? 0 : 1;
