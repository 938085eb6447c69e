// What a front end writes: operations whose variables and answers the compiler knows.
import assert from 'node:assert/strict'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import type { ChangeMutationVariables, HousesQueryVariables, UserErrorCode } from './__generated__/graphql.ts'
import { graphql, useFragment } from './__generated__/index.ts'

const url = process.argv[2]!
const authorization = process.argv[3]!

async function ask<Answer, Variables>(document: TypedDocumentNode<Answer, Variables>, variables: Variables): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', authorization },
    body: JSON.stringify({ query: print(document), variables }),
  })
  const { data, errors } = (await response.json()) as { data: Answer; errors?: unknown }
  assert.equal(errors, undefined)
  return data
}

const House = graphql(`
  fragment HouseParts on Property {
    id
    unparsedAddress
    publishedAt
    location
    listings(first: 1, orderBy: [{ createdAt: DESC }]) {
      nodes { standardStatus listPrice closeDate }
    }
    history(first: 5) {
      __typename
      changedAt
      ... on ListingPriceChange { newPrice }
      ... on ListingStatusChange { newStatus }
    }
  }
`)

const Houses = graphql(`
  query Houses($filter: PropertyFilter, $orderBy: [PropertyOrder!]!, $after: String) {
    properties(first: 10, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      edges { cursor node { ...HouseParts } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

const { properties } = await ask(Houses, {
  filter: { city: { eq: 'Toledo' }, yearBuilt: { gte: 1951 } },
  orderBy: [{ yearBuilt: 'DESC' }],
})
const count: number = properties.totalCount
assert.equal(count, 25)

const house = useFragment(House, properties.edges[0]!.node)
const address: string | null | undefined = house.unparsedAddress
assert.equal(address, '25 Elm St')

const [listing] = house.listings.nodes
const price: string | null | undefined = listing?.listPrice
assert.equal(price, '240000.10')
// @ts-expect-error: money is exact, so it is no number
const amount: number | null | undefined = listing?.listPrice
assert.equal(amount, price)

const prices = house.history?.flatMap((change) => (change.__typename === 'ListingPriceChange' ? [change.newPrice] : []))
assert.deepEqual(prices, ['240000.10', '250000.50'])

const Change = graphql(`
  mutation Change($input: UpdatePropertyInput!) {
    updateProperty(input: $input) { property { unparsedAddress } errors { code path message } position }
  }
`)
const changed = await ask(Change, { input: { id: house.id, unparsedAddress: '25 Elm Street' } })
const codes: UserErrorCode[] | undefined = changed.updateProperty?.errors.map(({ code }) => code)
assert.deepEqual(codes, [])
assert.equal(changed.updateProperty?.property?.unparsedAddress, '25 Elm Street')
// @ts-expect-error: the input names what to change
const nothing: ChangeMutationVariables = { input: {} }
assert.ok(nothing)

const newest: HousesQueryVariables = { orderBy: [{ yearBuilt: 'DESC' }] }
assert.ok(newest)
// @ts-expect-error: each entry of an order names one field
const confused: HousesQueryVariables = { orderBy: [{ yearBuilt: 'DESC', city: 'ASC' }] }
assert.ok(confused)
