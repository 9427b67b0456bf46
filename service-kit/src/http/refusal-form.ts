import type { z } from 'zod';
import type { Reply } from './send.ts';

/** A refused request. */
export interface Refused {
  status: number;
  title: string;
  code: string;
  /** Explains this case to a person. */
  detail?: string | undefined;
  /** Further members of the problem body, for example `errors`. */
  members?: Readonly<Record<string, unknown>>;
  /** Response headers, for example `retry-after`. */
  headers?: Readonly<Record<string, string>>;
}

/** The error bodies of another protocol, such as OAuth 2. */
export interface RefusalForm {
  /** Schema of the bodies, to document. */
  body: z.ZodType;
  /** Makes the answer. The API document uses it too, so the status may depend on `status` and `code` alone. */
  answer(refused: Refused): Reply;
}
