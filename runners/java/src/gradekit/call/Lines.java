package gradekit.call;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Lines over a socket, each at most 1 MiB long. */
final class Lines {
    static final int MAX_LINE = 1 << 20;

    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).limit(0);

    Lines(SocketChannel channel) {
        this.channel = channel;
    }

    /** The next line, waiting as long as it takes; null at the end. */
    String read() throws IOException {
        return read(0);
    }

    /**
     * The next line; null at the end.
     *
     * @param seconds how long it may take; 0 for ever. A channel with such a limit does not block.
     * @throws IOException it is too long or too late
     */
    String read(double seconds) throws IOException {
        long deadline = System.nanoTime() + (long) (seconds * 1e9);
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    return text(line);
                }
                line.write(next);
            }
            if (line.size() >= MAX_LINE) {
                throw new IOException("a line is longer than " + (MAX_LINE >> 10) + " KiB");
            }
            if (seconds > 0) {
                waitFor(SelectionKey.OP_READ, deadline);
            }
            buffer.clear();
            int count = channel.read(buffer);
            buffer.flip();
            if (count < 0) {
                return null;
            }
        }
    }

    private static String text(ByteArrayOutputStream line) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line.toByteArray())).toString();
    }

    /** Whether something came that nobody asked for, or the end. */
    boolean unasked() throws IOException {
        if (buffer.hasRemaining()) {
            return true;
        }
        buffer.clear();
        int count = channel.read(buffer);
        buffer.flip();
        return count != 0;
    }

    /** Write a line, which brings no end of its own. */
    void write(String text, double seconds) throws IOException {
        long deadline = System.nanoTime() + (long) (seconds * 1e9);
        ByteBuffer data = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
        while (data.hasRemaining()) {
            if (seconds > 0) {
                waitFor(SelectionKey.OP_WRITE, deadline);
            }
            channel.write(data);
        }
    }

    private void waitFor(int operation, long deadline) throws IOException {
        try (Selector selector = Selector.open()) {
            channel.register(selector, operation);
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0 || selector.select(left) == 0) {
                throw new IOException("no answer came in time");
            }
        }
    }
}
