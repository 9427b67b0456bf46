import { answerOnce } from './run-apart.ts';
import { runLoad } from './run-load.ts';

answerOnce(runLoad);
