// urql signs in at the given address, and keeps and refreshes its session itself.
import assert from 'node:assert/strict'
import { Client, fetchExchange, gql } from '@urql/core'
import { createSession } from './session.js'

const [url, email, password] = process.argv.slice(2)
const asked = []
async function counted(address, init) {
  asked.push(JSON.parse(init.body).operationName)
  return fetch(address, init)
}
const session = createSession()
const client = new Client({ url, exchanges: [session.exchange, fetchExchange], preferGetMethod: false, requestPolicy: 'network-only', fetch: counted })

const SIGN_IN = gql`
  mutation SignIn($email: String!, $password: String!) {
    signIn(input: { email: $email, password: $password }) {
      session { accessToken refreshToken expiresAt }
      challenge { methods }
      errors { code message }
    }
  }
`
const SIGN_OUT = gql`mutation SignOut { signOut(input: {}) { signedOut errors { code } } }`
const END = gql`mutation End { signOutEverywhere(input: {}) { endedSessions errors { code } } }`
// Each alias asks for itself: equal requests at once would be one.
const who = (alias) => gql`query Who { ${alias}: viewer { user { displayName } } }`

async function name(alias = 'viewer') {
  const { data, error } = await client.query(who(alias), {})
  assert.equal(error, undefined)
  return data[alias].user?.displayName
}
async function signIn() {
  const { data } = await client.mutation(SIGN_IN, { email, password })
  assert.deepEqual(data.signIn.errors, [])
  session.keep(data.signIn.session)
  return data.signIn.session
}
const refreshes = () => asked.filter((name) => name === 'Refresh').length

assert.equal(await name(), undefined)
const tokens = await signIn()
assert.equal(await name(), 'Ada Lovelace')
assert.equal(refreshes(), 0)

// A minute before the token's end, however many requests there are at once, one refreshes.
session.keep({ ...tokens, expiresAt: new Date(Date.now() + 30_000).toISOString() })
assert.deepEqual(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(name)), Array(5).fill('Ada Lovelace'))
assert.equal(refreshes(), 1)

// What the server refuses is asked again after a refresh: this page's clock is wrong.
const renewed = await signIn()
session.keep({ ...renewed, accessToken: tokens.accessToken.slice(0, -4) + 'AAAA' })
assert.equal(await name(), 'Ada Lovelace')
assert.equal(refreshes(), 2)

const out = await client.mutation(SIGN_OUT, {})
assert.equal(out.data.signOut.signedOut, true)
session.keep(undefined)
assert.equal(await name(), undefined)

// A session that was ended from elsewhere ends here with the next request, which says so.
const before = await signIn()
const elsewhere = await fetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${before.accessToken}` },
  body: JSON.stringify({ query: END.loc.source.body }),
})
assert.ok((await elsewhere.json()).data.signOutEverywhere.endedSessions > 0)
const { error } = await client.query(who('viewer'), {})
assert.equal(error.graphQLErrors[0].extensions.code, 'UNAUTHENTICATED')
assert.equal(refreshes(), 3)
assert.equal(await name(), undefined)
