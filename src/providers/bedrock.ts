/** Claude and other models on Amazon Bedrock. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
import { defineProvider } from './definition.ts'

export const bedrock = defineProvider({
  id: 'bedrock',
  names: ['amazon-bedrock', 'aws-bedrock'],
  kind: 'hosted',
  hosts: [
    'bedrock-runtime.*.amazonaws.com',
    'bedrock-runtime-fips.*.amazonaws.com',
    'bedrock-runtime.*.amazonaws.com.cn',
    '*.bedrock-runtime.*.vpce.amazonaws.com',
  ],
  protocol: 'bedrock-converse',
  // InvokeModel takes Claude's requests whole, cache markers included.
  modelProtocols: [
    {
      models: /(^|[./])claude-/,
      protocol: 'anthropic',
      path: /^(?!.*\/(converse|anthropic))/,
      source:
        'https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html',
    },
  ],
  messagesApi: 'bedrock',
  auth: 'aws',
  reasoning: { none: 'it speaks Converse and Anthropic Messages, which have fields for it' },
  init: { none: 'its address holds a region, and most users sign with AWS credentials' },
  live: [
    {
      variable: 'AWS_BEARER_TOKEN_BEDROCK',
      url: 'https://bedrock-runtime.us-east-1.amazonaws.com',
      model: 'us.amazon.nova-lite-v1:0',
    },
  ],
  catalogue: { piAi: ['amazon-bedrock'], genaiPrices: 'aws' },
  docs: {
    addresses: ['https://bedrock-runtime.REGION.amazonaws.com'],
    section: {
      title: 'Bedrock',
      text: `ccr calls Claude by InvokeModel, which accepts its requests completely (cache markers, images in tool results, signatures). Other models are called by the Converse API of the region in the address. An address that ends in \`/model/ANY/converse-stream\` selects Converse for all models, one that ends in \`/anthropic\` selects Bedrock's Messages API.

ccr uses the first credentials that are set:

1. \`api_key\` (a Bedrock API key)
2. \`AWS_BEARER_TOKEN_BEDROCK\`
3. \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\`, with \`AWS_SESSION_TOKEN\` for temporary ones; requests are then signed with Signature Version 4

Profiles, SSO and roles of the machine are not read: \`aws configure export-credentials --format env\` prints their credentials as variables.`,
    },
  },
})
