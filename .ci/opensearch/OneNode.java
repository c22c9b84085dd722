import java.util.concurrent.CountDownLatch;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Runs one OpenSearch node on a port in a folder until it is ended: java -cp … OneNode.java PORT FOLDER.
 *
 * Inside another program a node runs none of the start-up checks of a server: it may be root, and the limits of the
 * kernel stay as they are.
 */
public final class OneNode {
    public static void main(String[] arguments) throws Exception {
        String port = arguments[0];
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("network.host", "127.0.0.1");
            settings.put("http.port", port);
            settings.put("transport.port", "0");
            settings.put("discovery.type", "single-node");
            // A full disk of the machine that tests is not what is tested.
            settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
        });
        runner.build(OpenSearchRunner.newConfigs()
                .basePath(arguments[1]).clusterName("archive-test").numOfNode(1).useLogger().disableESLogger());
        runner.ensureYellow();
        System.out.println("ready on " + port);
        // The runner's threads are daemons; an end comes by a signal, and a hard one loses nothing that was answered.
        new CountDownLatch(1).await();
    }
}
