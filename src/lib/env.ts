/** The variables of an environment, as of `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>
