/** The hosts that serve Claude with their own Messages API, which supports less than Anthropic's. */

/** What a host's API accepts. */
export interface ClaudeHost {
  /**
   * `anthropic_version` in the body, which then must not have `model` or `stream`: the URL says both.
   * Undefined: the body is as for Anthropic.
   */
  readonly version?: string
  /** Whether betas go into the body, as `anthropic_beta`, and not into their header. */
  readonly betasInBody: boolean
  /** The betas that it knows; it refuses any other. */
  readonly betas: ReadonlySet<string>
  /** Fields that Anthropic's API accepts and this one refuses. */
  readonly without: ReadonlySet<string>
  /** Whether it can search the web. */
  readonly search: boolean
}

export type ClaudeHostName = 'bedrock' | 'vertex' | 'messages'

const BETAS = [
  'interleaved-thinking-2025-05-14',
  'fine-grained-tool-streaming-2025-05-14',
  'context-1m-2025-08-07',
]

export const CLAUDE_HOSTS: Readonly<Record<ClaudeHostName, ClaudeHost>> = {
  /** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html */
  bedrock: {
    version: 'bedrock-2023-05-31',
    betasInBody: true,
    betas: new Set([...BETAS, 'token-efficient-tools-2025-02-19', 'output-128k-2025-02-19']),
    without: new Set(['metadata', 'service_tier', 'container', 'mcp_servers']),
    search: false,
  },
  /** https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude */
  vertex: {
    version: 'vertex-2023-10-16',
    betasInBody: false,
    betas: new Set(BETAS),
    without: new Set(['service_tier', 'container', 'mcp_servers']),
    search: true,
  },
  /**
   * A separate URL that accepts what Anthropic's does: Azure's Foundry, Bedrock's `/anthropic`.
   * https://learn.microsoft.com/azure/ai-foundry/foundry-models/how-to/use-foundry-models-claude
   */
  messages: {
    betasInBody: false,
    betas: new Set([...BETAS, 'claude-code-20250219', 'prompt-caching-2024-07-31']),
    without: new Set(['service_tier']),
    search: true,
  },
}
