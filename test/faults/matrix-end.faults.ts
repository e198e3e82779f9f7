import { describeMatrix } from './describe-matrix';

describeMatrix('end');
