// A mail server for tests, made by others than we are. It listens on the port in its first
// argument (0: a free one), says on standard output which one that is, and then one line of JSON
// for each mail that it took.
//
// Whom a mail is for decides what happens to it: `unknown@…` is refused for good, `later@…` is
// refused the first time. Encryption is offered with a certificate that nobody has signed;
// `plain` as the second argument offers none.

import { readFileSync } from 'node:fs';

import { SMTPServer } from 'smtp-server';

const [port = '0', encryption = 'offered'] = process.argv.slice(2);
const putOff = new Set();
const certificate = readFileSync(new URL('certificate.pem', import.meta.url));

function refusal(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

const server = new SMTPServer({
  cert: certificate,
  key: certificate,
  authOptional: true,
  allowInsecureAuth: true,
  hideSTARTTLS: encryption === 'plain',
  logger: false,
  onAuth: (auth, _session, done) => {
    tell({ authenticated: auth.username });
    done(null, { user: auth.username });
  },
  onRcptTo: ({ address }, _session, done) => {
    if (address.startsWith('unknown@')) return done(refusal(550, 'nobody of that name'));
    if (address.startsWith('later@') && !putOff.has(address)) {
      putOff.add(address);
      return done(refusal(451, 'try again later'));
    }
    done();
  },
  onData: (stream, session, done) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope;
      tell({
        secure: session.secure,
        from: mailFrom.address,
        to: rcptTo.map(({ address }) => address),
        mail: Buffer.concat(chunks).toString('utf8'),
      });
      done();
    });
  },
});

function tell(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

server.on('error', (error) => process.stderr.write(`${error}\n`));
server.listen(Number(port), '127.0.0.1', () => tell({ port: server.server.address().port }));
// Whoever started it has gone.
process.stdin.on('end', () => process.exit(0)).resume();
