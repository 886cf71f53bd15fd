package shop;

import com.google.gson.JsonPrimitive;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.sql.DriverManager;

public class Main {
    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[1]);
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", exchange -> {
            boolean room = Runtime.getRuntime().maxMemory() > 512L << 20;
            boolean driver = DriverManager.drivers().findAny().isPresent();
            String body = exchange.getRequestMethod() + " " + exchange.getRequestURI() + " at least 512 MiB: " + room
                    + " gson: " + new JsonPrimitive(true) + " driver: " + driver;
            exchange.sendResponseHeaders(200, body.length());
            exchange.getResponseBody().write(body.getBytes());
            exchange.close();
        });
        server.start();
    }
}
