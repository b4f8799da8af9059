/** The version of this build. */
declare const __CCR_VERSION__: string | undefined

/** The version of this build of ccr; `dev` when run from the sources. */
export const version: string = typeof __CCR_VERSION__ === 'string' ? __CCR_VERSION__ : 'dev'
