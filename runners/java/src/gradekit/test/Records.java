package gradekit.test;

import gradekit.Json;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import jdk.internal.access.SharedSecrets;

/** Writes records of tests, on a descriptor that is not the standard output of the code under test. */
final class Records {
    private static final int DESCRIPTOR = 3;
    private static final int MESSAGE = 2000;
    private static final int NAME = 900;

    private final FileOutputStream out;
    private final Set<String> told = new HashSet<>();

    Records() {
        FileDescriptor descriptor = new FileDescriptor();
        SharedSecrets.getJavaIOFileDescriptorAccess().set(descriptor, DESCRIPTOR);
        out = new FileOutputStream(descriptor);
    }

    /** Record a test; of a second one with the same name, that it is the second. */
    synchronized void write(String test, String outcome, String message, double seconds) {
        String name = test.length() > NAME ? test.substring(0, NAME) : test;
        for (int number = 2; !told.add(name); number++) {
            name = test + " (" + number + ")";
        }
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("test", name);
        record.put("outcome", outcome);
        record.put("message", shortened(message));
        record.put("seconds", Math.round(seconds * 10_000) / 10_000.0);
        line(record);
    }

    /** Say how many there were. */
    synchronized void end() {
        line(Map.of("end", (long) told.size()));
    }

    private void line(Map<String, Object> record) {
        try {
            out.write((Json.text(record) + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException error) {
            // Nobody reads any more; without the end record the run counts as cut short.
            Runtime.getRuntime().halt(1);
        }
    }

    private static String shortened(String message) {
        if (message.length() <= MESSAGE) {
            return message;
        }
        return message.substring(0, MESSAGE / 2) + " ... " + message.substring(message.length() - MESSAGE / 2 + 10);
    }
}
