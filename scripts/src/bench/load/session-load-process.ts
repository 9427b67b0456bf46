import { answerOnce } from './run-apart.ts';
import { runSessionLoad } from './run-session-load.ts';

answerOnce(runSessionLoad);
