import { answerOnce } from './run-apart.ts';
import { runHttpLoad } from './run-http-load.ts';

answerOnce(runHttpLoad);
