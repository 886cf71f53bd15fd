import express from "express";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const app = express();
app.use(express.json());

app.get("/teas", async (_request, response) => {
  const { rows } = await pool.query("select id, name from teas order by id");
  response.json(rows);
});

app.post("/teas", async (request, response) => {
  const { rows } = await pool.query("insert into teas (name) values ($1) returning id, name", [request.body.name]);
  response.status(201).json(rows[0]);
});

app.listen(process.env.PORT, "127.0.0.1");
