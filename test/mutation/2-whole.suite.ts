// What takes longer is run for the mutants that the first suite leaves alive.
import '../invocation/forgetting.test';
import '../otel/metrics.test';
import '../otel/semconv.test';
import '../log-line/large-lines.test';
import '../golden/golden.test';
