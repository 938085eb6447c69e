// One house. A click asks for its price, through `node`; a double click says that it was renovated.
import { createElement } from 'react'
import { graphql, useMutation, useRefetchableFragment } from 'react-relay'

const HOUSE = graphql`
  fragment House_property on Property
  @argumentDefinitions(withPrice: { type: "Boolean", defaultValue: false })
  @refetchable(queryName: "HouseRefetchQuery") {
    id
    unparsedAddress
    yearBuilt
    yearBuiltEffective
    listings(first: 1) @include(if: $withPrice) {
      nodes {
        listPrice
      }
    }
  }
`

const RENOVATE = graphql`
  mutation HouseRenovateMutation($input: UpdatePropertyInput!) {
    updateProperty(input: $input) {
      property {
        ...House_property
      }
      errors {
        code
        path
        message
      }
    }
  }
`

export function House({ property }) {
  const [house, refetch] = useRefetchableFragment(HOUSE, property)
  const [renovate] = useMutation(RENOVATE)
  const price = house.listings?.nodes[0]?.listPrice
  const text = [house.unparsedAddress, house.yearBuilt, house.yearBuiltEffective, price].filter(Boolean).join(', ')
  const events = {
    onClick: () => refetch({ withPrice: true }),
    onDoubleClick: () => renovate({ variables: { input: { id: house.id, yearBuiltEffective: 2020 } } }),
  }
  return createElement('li', events, text)
}
