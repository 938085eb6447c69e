import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: ['codegen/sample.ts'],
  generates: {
    'codegen/__generated__/': {
      preset: 'client',
      config: {
        // Every scalar of the contract has its type here, or nothing is generated.
        strictScalars: true,
        scalars: {
          Date: 'string',
          DateTime: 'string',
          // Exact, so never a number.
          Decimal: 'string',
          GeoJSON: '{ type: string; coordinates: unknown }',
          ID: 'string',
          JSON: 'unknown',
        },
        enumsAsTypes: true,
        useTypeImports: true,
      },
    },
  },
  importExtension: '.ts',
}

export default config
