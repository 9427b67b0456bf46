import type { z } from 'zod';
import type { Reply } from './send.ts';

/** Why a request is not served, as the shell knows it. */
export interface Refused {
  status: number;
  title: string;
  code: string;
  /** What a person should know about this case. */
  detail?: string | undefined;
  /** Further members of the problem body that this would be, for example `errors`. */
  members?: Readonly<Record<string, unknown>>;
  /** Of the refusal, for example `retry-after`. */
  headers?: Readonly<Record<string, string>>;
}

/** The refusals of a protocol that has its own error bodies, such as OAuth 2. */
export interface RefusalForm {
  /** Shape of the bodies, to document. */
  body: z.ZodType;
  /** Makes the answer. The API document is made with it too, so its status may depend on status and code alone. */
  answer(refused: Refused): Reply;
}
