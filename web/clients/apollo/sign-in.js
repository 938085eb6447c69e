// Apollo Client signs in by cookies at the given address, in a page that keeps them as browsers do.
// What it takes is the `fetch` of GraphiQL's page, which fits any client.
import assert from 'node:assert/strict'
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { Window } from 'happy-dom'

const [uri, email, password] = process.argv.slice(2)
const window = new Window({ url: uri })
const { document, localStorage } = window
const asked = []
async function counted(address, init) {
  asked.push(JSON.parse(init.body).query.match(/\w+ (\w+)/)[1])
  return window.fetch(address, init)
}
Object.assign(globalThis, { document, localStorage, fetch: counted, Headers: window.Headers })
// Not every Node.js has locks.
let turn = Promise.resolve()
navigator.locks ??= { request: (_name, work) => (turn = turn.then(work)) }

const { signedInFetch } = await import('../../graphiql/src/session.js')
const link = new HttpLink({ uri: '/graphql', fetch: signedInFetch })
const client = new ApolloClient({ link, cache: new InMemoryCache() })

const SIGN_IN = gql`
  mutation SignIn($email: String!, $password: String!) {
    signIn(input: { email: $email, password: $password, transport: COOKIE }) {
      session { accessToken expiresAt }
      challenge { methods }
      errors { code message }
    }
  }
`
const SIGN_OUT = gql`mutation SignOut { signOut(input: {}) { signedOut errors { code } } }`
const WHO = gql`query Who { viewer { user { id displayName } } }`

async function who() {
  const { data } = await client.query({ query: WHO, fetchPolicy: 'network-only' })
  return data.viewer.user?.displayName
}
const refreshes = () => asked.filter((name) => name === 'Refresh').length

assert.equal(await who(), undefined)
const { data } = await client.mutate({ mutation: SIGN_IN, variables: { email, password } })
assert.deepEqual(data.signIn.errors, [])
assert.equal(data.signIn.session.accessToken, null)
assert.match(document.cookie, /^agent-free-csrf=[^;]+$/)
// What was read before belongs to somebody else.
await client.clearStore()

// However many requests there are at once, one refreshes.
const names = await Promise.all(Array.from({ length: 5 }, () => client.query({ query: WHO, fetchPolicy: 'network-only', context: { queryDeduplication: false } })))
assert.deepEqual(names.map(({ data }) => data.viewer.user.displayName), Array(5).fill('Ada Lovelace'))
assert.equal(asked.filter((name) => name === 'Who').length, 6)
assert.equal(refreshes(), 1)

// After the lifetime of an access token its cookie is gone.
const now = Date.now
Date.now = () => now() + 11 * 60_000
assert.equal(await who(), 'Ada Lovelace')
assert.equal(refreshes(), 2)
Date.now = now

const out = await client.mutate({ mutation: SIGN_OUT })
assert.equal(out.data.signOut.signedOut, true)
assert.equal(document.cookie, '')
await client.clearStore()
assert.equal(await who(), undefined)
client.stop()
await window.happyDOM.close()
