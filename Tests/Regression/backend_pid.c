/*
 * The isolation tester finds out who is blocked by the process ids that its sessions were given at their start. Egret's
 * are those of its clients, made to route cancel requests. Preloaded, this asks the server for its own instead; it is
 * used in direct runs as well.
 */
#include <stdlib.h>

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

extern PGresult *PQexec(PGconn *connection, const char *query);
extern int PQntuples(const PGresult *result);
extern char *PQgetvalue(const PGresult *result, int row, int column);
extern void PQclear(PGresult *result);

int
PQbackendPID(PGconn *connection)
{
	PGresult *result = PQexec(connection, "SELECT pg_catalog.pg_backend_pid()");
	int process_id = PQntuples(result) == 1 ? atoi(PQgetvalue(result, 0, 0)) : 0;

	PQclear(result);
	return process_id;
}
