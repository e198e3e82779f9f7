// The sample's composition root: `cdk deploy -c otlpEndpoint=https://otlp.example.com`.
import { App } from 'aws-cdk-lib';
import { SampleStack } from './sample-stack';

const app = new App();
const otlpEndpoint: unknown = app.node.tryGetContext('otlpEndpoint');
const otlpSecretName: unknown = app.node.tryGetContext('otlpSecretName');
const instrumentationArn: unknown = app.node.tryGetContext('instrumentationArn');
if (typeof otlpEndpoint !== 'string') {
  throw new Error(
    'otlpEndpoint: expected the base URL of an OTLP/HTTP endpoint; add -c otlpEndpoint=URL',
  );
}
new SampleStack(app, 'LambdaOtlpSample', {
  otlpEndpoint,
  ...(typeof otlpSecretName === 'string' && { otlpSecretName }),
  ...(typeof instrumentationArn === 'string' && { instrumentationArn }),
});
