import { TelemetryIntake } from '../../src/extension/telemetry-intake';
import { FakePipeline } from './fake-pipeline';
import { ManualClock } from './manual-clock';

function open() {
  const clock = new ManualClock();
  const pipeline = new FakePipeline(clock);
  const intake = new TelemetryIntake(pipeline, clock);
  const announced = jest.fn();
  intake.onBatch = announced;
  return { clock, pipeline, intake, announced };
}

it('passes every batch on once', () => {
  const { pipeline, intake, announced } = open();
  for (const sequenceId of ['1', '1', '2', undefined, undefined]) {
    intake.accept(Buffer.from('[]'), sequenceId);
  }
  expect(pipeline.batches).toHaveLength(4);
  expect(announced).toHaveBeenCalledTimes(4);
});

it('passes no empty body on', () => {
  const { pipeline, intake } = open();
  intake.accept(Buffer.alloc(0), undefined);
  expect(pipeline.batches).toEqual([]);
});

it('is active by the subscription, or by what comes without one', () => {
  const { clock, intake } = open();
  expect(intake.isActive).toBe(false);
  intake.isSubscribed = true;
  expect(intake).toMatchObject({ isActive: true, hasArrived: false });
  intake.isSubscribed = false;
  intake.accept(Buffer.from('[]'), undefined);
  expect(intake).toMatchObject({ isActive: true, hasArrived: true, latestBatchAtMs: clock.now() });
});
