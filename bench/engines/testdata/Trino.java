import io.trino.plugin.hive.HivePlugin;
import io.trino.testing.DistributedQueryRunner;
import io.trino.testing.MaterializedRow;
import io.trino.testing.TestingSession;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Runs statements in a Trino of its own: a coordinator with the Hive connector over
 * local folders. Statements come on standard input, each ended by a NUL. Answers go to
 * standard output, a line each: ok or error, a tab, and the rows, joined by U+001E, of
 * values joined by U+001F.
 *
 * The first argument is a folder that everything else is in, the second says whether
 * partition projection is on.
 */
public class Trino {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err); // what Trino has to say
        String all = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        var session = TestingSession.testSessionBuilder().setCatalog("hive").setSchema("default").build();
        try (var runner = DistributedQueryRunner.builder(session).setWorkerCount(0).build()) {
            runner.installPlugin(new HivePlugin());
            runner.createCatalog("hive", "hive", Map.of(
                    "hive.metastore", "file",
                    "hive.metastore.catalog.dir", "local:///metastore",
                    "fs.local.enabled", "true",
                    "local.location", args[0],
                    "hive.parquet.time-zone", "UTC",
                    "hive.partition-projection-enabled", args[1],
                    "hive.security", "allow-all"));
            for (String statement : all.split("\0")) {
                String answer;
                try {
                    answer = "ok\t" + runner.execute(statement).getMaterializedRows().stream().map(Trino::row).collect(Collectors.joining("\u001e"));
                } catch (Exception e) {
                    answer = "error\t" + e.getMessage();
                }
                out.println(answer.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r"));
            }
        }
        System.exit(0);
    }

    private static String row(MaterializedRow row) {
        return row.getFields().stream().map(String::valueOf).collect(Collectors.joining("\u001f"));
    }
}
