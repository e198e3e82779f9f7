import { describeMatrix } from './describe-matrix';

describeMatrix('adaptive');
