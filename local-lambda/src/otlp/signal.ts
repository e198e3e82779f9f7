// The three signals of OTLP that the receiver takes; profiles are not among them.
export type Signal = 'traces' | 'metrics' | 'logs';
