import { answerOnce } from './run-apart.ts';
import { runActivityLoad } from './run-activity-load.ts';

answerOnce(runActivityLoad);
