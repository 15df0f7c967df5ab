-- A role for the tools: it sees the reports, and neither the logs nor the orders. WARNINGs are in reports.doubts.
SELECT 'CREATE ROLE reporting LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reporting') \gexec
ALTER ROLE reporting SET search_path = reports;
ALTER ROLE reporting SET client_min_messages = error;
ALTER ROLE reporting SET statement_timeout = '1min';
GRANT USAGE ON SCHEMA reports TO reporting;
GRANT SELECT ON ALL TABLES IN SCHEMA reports TO reporting;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA reports FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA reports TO reporting;
