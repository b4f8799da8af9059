/** Alibaba Cloud's Model Studio: Qwen. https://help.aliyun.com/en/model-studio */
import { defineProvider, sourced } from './definition.ts'

export const dashscope = defineProvider({
  id: 'dashscope',
  names: ['qwen', 'alibaba', 'aliyun', 'bailian'],
  kind: 'hosted',
  hosts: [
    'dashscope.aliyuncs.com',
    'dashscope-*.aliyuncs.com',
    '*.dashscope.aliyuncs.com',
    '*.maas.aliyuncs.com',
  ],
  basePath: '/compatible-mode/v1',
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: {
    reasoningHistory: sourced(
      'reasoning_content',
      'https://help.aliyun.com/en/model-studio/deep-thinking',
    ),
    // "tool_choice … in thinking mode"
    thinksOrIsForced: sourced(true, 'https://github.com/cloudwego/eino/issues/994'),
  },
  reasoning: sourced(
    [{ toggle: 'enable_thinking', effort: 'reasoning_effort' }],
    'https://help.aliyun.com/en/model-studio/deep-thinking',
  ),
  webSearch: sourced('enable_search', 'https://help.aliyun.com/en/model-studio/web-search'),
  init: {
    variables: ['DASHSCOPE_API_KEY'],
    url: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions',
    models: ['qwen3.8-max', 'qwen3.8-flash'],
    keys: 'https://modelstudio.console.alibabacloud.com',
  },
  live: [{ model: 'qwen-plus' }],
  catalogue: { piAi: ['qwen-token-plan', 'qwen-token-plan-cn'] },
  docs: {
    addresses: [
      'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions',
      '…/apps/anthropic',
    ],
  },
})
