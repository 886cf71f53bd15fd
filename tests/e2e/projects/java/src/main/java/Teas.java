import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

public final class Teas {
    private static final ObjectMapper JSON = new ObjectMapper();

    public record Tea(int id, String name) {}

    public record NewTea(String name) {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/teas", Teas::handle);
        server.start();
    }

    private static void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestMethod().equals("POST")) {
                NewTea tea = JSON.readValue(exchange.getRequestBody(), NewTea.class);
                answer(exchange, 201, query("insert into teas (name) values (?) returning id, name", tea.name()).get(0));
            } else {
                answer(exchange, 200, query("select id, name from teas order by id"));
            }
        } catch (SQLException error) {
            answer(exchange, 500, error.getMessage());
        }
    }

    private static List<Tea> query(String text, String... values) throws SQLException {
        try (Connection connection = DriverManager.getConnection(System.getenv("JDBC_URL"));
                PreparedStatement statement = connection.prepareStatement(text)) {
            for (int i = 0; i < values.length; i++) {
                statement.setString(i + 1, values[i]);
            }
            List<Tea> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(new Tea(rows.getInt(1), rows.getString(2)));
                }
            }
            return found;
        }
    }

    private static void answer(HttpExchange exchange, int status, Object body) throws IOException {
        byte[] data = JSON.writeValueAsBytes(body);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, data.length);
        exchange.getResponseBody().write(data);
    }
}
