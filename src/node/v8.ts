// V8's switches. Loaded late: the start needs none of them.
export { setFlagsFromString } from 'node:v8';
