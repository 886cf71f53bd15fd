package shop;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** The HTTP API (section 4 of the brief). Use any framework: this one only shows how the service is started. */
public final class Server {
    private Server() {}

    public static void main(String... arguments) throws IOException {
        int port = Integer.parseInt(System.getenv("PORT"));
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", exchange -> {
            boolean healthy = exchange.getRequestURI().getPath().equals("/health");
            String body = healthy
                    ? "{\"status\": \"ok\"}"
                    : "{\"error\": {\"code\": \"not_found\", \"message\": \"there is nothing here\", \"details\": []}}";
            byte[] data = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(healthy ? 200 : 404, data.length);
            exchange.getResponseBody().write(data);
            exchange.close();
        });
        server.start();
    }
}
