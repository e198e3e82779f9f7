import { describeMatrix } from './describe-matrix';

describeMatrix('overlap');
