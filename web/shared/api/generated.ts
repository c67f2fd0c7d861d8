// Written by web/scripts/generate-types.mjs from docs/reference/openapi.json: run `npm run types`.

export interface paths {
    "/api/v1/about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["about"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_cities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_city"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["watch_area"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/announcements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_announcements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/crest.svg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_crest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/departments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_departments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/districts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_districts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["upload_photo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/place": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["locate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/places": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["search_places"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_public_requests"];
        put?: never;
        post: operations["file_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/requests.geojson": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_public_requests_geojson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/requests/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["check_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_services"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cities/{city}/services/suggestions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["suggest_services"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/federation/bundles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["send_bundle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/federation/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_bundle_schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feeds/{city}/requests.rss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["requests_rss"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feeds/{city}/rounds.ics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["rounds_calendar"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/job": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_job"];
        put?: never;
        post: operations["report_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/job/media/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_job_photo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/appointments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_appointments"];
        put?: never;
        post: operations["appoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/appointments/{id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["end_appointment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/backlog": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_network_backlog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_network_counts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/curve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_network_curve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/definitions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_definitions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/equity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_network_equity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/federation/bundles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_bundles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/federation/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_federation_keys"];
        put?: never;
        post: operations["register_federation_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/federation/keys/{key}/retire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["retire_federation_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/federation/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_federation_members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/funnel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_network_funnel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/indicators": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_indicators"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/indicators/internal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_internal_indicators"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_network_overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/questions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_network_questions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_reports"];
        put?: never;
        post: operations["build_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/reviews": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_reviews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/reviews/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["correct_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/reviews/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_review"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/reviews/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["approve_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/reviews/{id}/comments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["comment_on_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/reviews/{id}/page": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_review_page"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/reviews/{id}/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["publish_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/reviews/{id}/{move}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["walk_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/{report}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/{report}.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_report_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/{report}.csv-metadata.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_report_csv_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/{report}.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_report_json"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/{report}.pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_report_pdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/{report}.xlsx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_report_workbook"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/reports/{report}/cities/{city}/{page}.pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_report_of_city"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/review-notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_review_notices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/review-notices/choice": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_review_notice_choice"];
        put: operations["set_review_notice_choice"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/review-notices/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["mark_review_notices_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/roots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_roots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/trend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_network_trend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/push-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_push_key"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_request_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/additions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["add_to_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["answer_question"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["confirm_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/confirm-code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["send_contact_code_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["erase_my_data"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["give_feedback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/followers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["follow_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["renew_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_own_notices"];
        put: operations["choose_own_notices"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_request_proof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/telegram": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["follow_in_telegram"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests/{reference}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["withdraw_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/residents/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["ask_for_resident_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/residents/oidc/{city}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["finish_resident_oidc"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/residents/oidc/{city}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["start_resident_oidc"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/residents/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_own_requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/residents/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_resident_session"];
        put?: never;
        post: operations["open_resident_session"];
        delete: operations["close_resident_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/residents/sign-in-options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_resident_sign_in_options"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_accounts"];
        put?: never;
        post: operations["add_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/accounts/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: operations["change_account"];
        trace?: never;
    };
    "/api/v1/staff/accounts/{username}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["reset_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/announcements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_announcements"];
        put?: never;
        post: operations["announce"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/announcements/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["take_down_announcement"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_audit_trail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/audits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_audits"];
        put?: never;
        post: operations["draw_audit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/audits/{quarter}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/audits/{quarter}/items/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["record_audit_finding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/blocks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_blocks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/blocks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["lift_block"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["start_bulk_move"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/bulk/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_bulk_move"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/bulk/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["undo_bulk_move"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/configuration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_configuration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/contact-reads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_contact_reads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_counts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/emergencies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_emergencies"];
        put?: never;
        post: operations["declare_emergency"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/emergencies/{id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["end_emergency"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["start_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/exports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/exports/{id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_export_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/filters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_filters"];
        put?: never;
        post: operations["keep_filter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/filters/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["change_filter"];
        post?: never;
        delete: operations["delete_filter"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/handover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["hand_over_desk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/inbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_inbox"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/inbox/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["count_inbox"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/inbox/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["mark_inbox_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_keys"];
        put?: never;
        post: operations["add_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["revoke_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["follow_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/moderation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_moderation_queue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/notice-choices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_notice_choices"];
        put: operations["set_notice_choices"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/notices/failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_failed_notices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/notices/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["preview_notices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/notices/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["resend_notices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/oidc/{city}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["finish_single_sign_on"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/oidc/{city}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["start_single_sign_on"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["change_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_queue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/queue/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_queue_counts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/queue/positions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_queue_positions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["file_on_behalf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_staff_request"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/block": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["block_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/contact": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["read_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/events/{number}/time": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["correct_event_time"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/external": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_external_links"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/external/{owner}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["send_on_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/job-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["hand_out_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/job-links/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["withdraw_job_link"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_jobs"];
        put?: never;
        post: operations["add_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/jobs/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["finish_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["revoke_link"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/media/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["release_photo"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/media/{id}/redaction": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["redact_photo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/original": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["read_original_words"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["come_to_request"];
        post?: never;
        delete: operations["leave_request"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/publication": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["decide_publication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/similar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_similar_requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/requests/{reference}/{move}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["make_move"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_second_factor"];
        put?: never;
        post: operations["offer_second_factor"];
        delete: operations["remove_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/second-factor/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["confirm_second_factor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_session"];
        put?: never;
        post: operations["sign_in"];
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_sessions"];
        put?: never;
        post?: never;
        delete: operations["end_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/sign-in-options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_sign_in_options"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/supervision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_supervision"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/telegram": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["link_telegram"];
        delete: operations["unlink_telegram"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_reply_templates"];
        put?: never;
        post: operations["save_reply_template"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/templates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["retire_reply_template"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/today": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_today"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/wall": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_wall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/wall/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["follow_wall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_webhooks"];
        put?: never;
        post: operations["add_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["remove_webhook"];
        options?: never;
        head?: never;
        patch: operations["change_webhook"];
        trace?: never;
    };
    "/api/v1/staff/webhooks/{id}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_webhook_attempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/webhooks/{id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["redeliver_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/webhooks/{id}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["change_webhook_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/staff/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["test_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{city}/{id}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["confirm_subscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_subscription"];
        put: operations["change_subscription"];
        post?: never;
        delete: operations["end_subscription"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{key}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["confirm_subscription_by_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{key}/unsubscribe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["unsubscribe_with_one_click"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/telegram/updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["take_telegram_update"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description This installation. */
        About: {
            demo: boolean;
            name: string;
            network: {
                [key: string]: string;
            };
        };
        /** @description What to change; what is left out stays. */
        AccountChangeBody: {
            active?: boolean | null;
            departments?: string[] | null;
            display_name?: string | null;
            email?: string | null;
            role?: ("crew" | "agent" | "dispatcher" | "supervisor" | "auditor" | "city_admin" | "service") | null;
        };
        /** @description The new account; the temporary password is shown this once. */
        AccountMade: {
            account: components["schemas"]["StaffAccountShown"];
            temporary_password: string | null;
        };
        /** @description Who is signed in. */
        AccountShown: {
            city: string;
            department: string | null;
            departments: string[];
            display_name: string;
            lacks: ("password" | "second_factor") | null;
            permissions: string[];
            role: string;
            scopes: string[] | null;
            username: string;
        };
        /** @description More words, more pictures, or both. */
        AdditionBody: {
            /** @default [] */
            media?: string[];
            /** @default  */
            text?: string;
        };
        /** @description Open issues of an age; null where 1 to 9, and where the total would give such a class away. */
        AgeClass: {
            from_days: number;
            open: number | null;
            to_days: number | null;
        };
        /** @description Watch a district, or what lies within ``metres`` of a position. */
        AlertBody: {
            /** @enum {string} */
            channel: "email" | "sms" | "push";
            district?: string | null;
            email?: string | null;
            /**
             * @default at_once
             * @enum {string}
             */
            frequency?: "at_once" | "daily" | "weekly";
            language?: string | null;
            lat?: number | null;
            lon?: number | null;
            metres?: number | null;
            phone?: string | null;
            push?: components["schemas"]["BrowserSubscription"] | null;
            /** @default [] */
            services?: string[];
        };
        /** @description What is to be told, in each language it is told in. */
        AnnouncementBody: {
            /** @default [] */
            districts?: string[];
            /** @enum {string} */
            level: "info" | "warning" | "danger";
            /** @default [] */
            services?: string[];
            shown_from?: string | null;
            shown_until: string;
            texts: {
                [key: string]: string;
            };
        };
        /** @description What a city tells everybody for a while. */
        AnnouncementShown: {
            districts: string[];
            id: string;
            /** @enum {string} */
            level: "info" | "warning" | "danger";
            services: string[];
            shown_from: string;
            shown_until: string;
            texts: {
                [key: string]: string;
            };
        };
        /** @description The announcements of this moment, the gravest first. */
        Announcements: {
            announcements: components["schemas"]["AnnouncementShown"][];
        };
        /** @description Who holds which office for which country, and from when to when. */
        Appointment: {
            appointed_at: string;
            appointed_by: string;
            country: string;
            ended_at: string | null;
            ended_by: string | null;
            id: string;
            office: string;
            username: string;
            valid_from: string;
            valid_to: string;
        };
        /** @description An office for a time. */
        AppointmentBody: {
            country: string;
            office: string;
            username: string;
            valid_from: string;
            valid_to: string;
        };
        /** @description Every appointment there is or was, newest first. */
        Appointments: {
            appointments: components["schemas"]["Appointment"][];
        };
        /** @description Which requests are wanted; without anything, all that are open. */
        AskedFilter: {
            acknowledge_from?: string | null;
            acknowledge_to?: string | null;
            acknowledged_from?: string | null;
            acknowledged_to?: string | null;
            area?: string | null;
            assignee?: string | null;
            bbox?: string | null;
            channel?: string | null;
            closed_from?: string | null;
            closed_to?: string | null;
            closing_reason?: string | null;
            confidential?: boolean | null;
            department?: string | null;
            district?: string | null;
            due_before?: string | null;
            due_from?: string | null;
            /** @default false */
            escalated?: boolean;
            escalation_step?: string | null;
            language?: string | null;
            metres?: number | null;
            near?: string | null;
            network_code?: string | null;
            /** @default false */
            overdue?: boolean;
            priority?: string | null;
            promise_late?: boolean | null;
            public?: boolean | null;
            q?: string | null;
            received_from?: string | null;
            received_to?: string | null;
            resolve_from?: string | null;
            resolve_to?: string | null;
            respond_from?: string | null;
            respond_to?: string | null;
            responded_from?: string | null;
            responded_to?: string | null;
            rule?: string | null;
            same_reporter?: string | null;
            sent_on?: string | null;
            service?: string | null;
            source?: string | null;
            status?: string | null;
            /** @default false */
            unassigned?: boolean;
            updated_since?: string | null;
            view?: components["schemas"]["View"] | null;
        };
        /** @description What staff want to know from the resident. */
        AskedQuestion: {
            at: string;
            text: string;
        };
        /** @description A question. */
        Attribute: {
            code: string;
            /** @enum {string} */
            datatype: "string" | "number" | "datetime" | "text" | "singlevaluelist" | "multivaluelist";
            datatype_description: string | null;
            description: string;
            order: number;
            required: boolean;
            values?: components["schemas"]["Value"][] | null;
            variable: boolean;
        };
        /** @description The sample of a quarter, and how far it is looked at. */
        Audit: {
            checked: number;
            confirmed: number;
            cut_off: string;
            digest: string;
            drawn: number;
            drawn_at: string;
            drawn_by: string;
            known_at: string;
            quarter: string;
            resolved: number;
            seed: string;
            seed_from: string;
            snapshot_id: string;
        };
        /** @description Something staff did about signing in or accounts. */
        AuditEntry: {
            action: string;
            actor: string | null;
            at: string;
            details: {
                [key: string]: unknown;
            };
            id: string;
            subject: string | null;
        };
        /** @description One request of a sample; nothing of who filed it. */
        AuditItem: {
            district: string | null;
            finding: string | null;
            found_at: string | null;
            found_by: string | null;
            number: number;
            pictured: boolean;
            reference: string;
            reporter_said: boolean | null;
            resolved_at: string;
            resolved_by: string | null;
            service_code: string;
            way: string | null;
        };
        /** @description The requests of a sample in the order of the draw. */
        AuditItems: {
            items: components["schemas"]["AuditItem"][];
            quarter: string;
        };
        /** @description What staff did, newest first. */
        AuditTrail: {
            entries: components["schemas"]["AuditEntry"][];
            next_cursor: string | null;
        };
        /** @description A city's samples, the newest first. */
        Audits: {
            audits: components["schemas"]["Audit"][];
        };
        /** @description An acknowledgement of an escalation that is waited for. */
        AwaitedAnswer: {
            by: string;
            promise: string;
            step: number;
            told_again: number;
        };
        /** @description What is open, whenever received. */
        Backlogs: {
            cities: components["schemas"]["CityBacklog"][];
            period: string;
        };
        /** @description A contact with which nothing is taken; the contact itself is kept nowhere. */
        Block: {
            blocked_by: string;
            created_at: string;
            expires_at: string;
            id: string;
            lifted_at: string | null;
            lifted_by: string | null;
            reason: string;
            reference: string;
        };
        /** @description For how long nothing is taken with the contact of a request. */
        BlockBody: {
            days: number;
            reason: string;
        };
        /** @description All blocks, newest first, those that ended among them. */
        Blocks: {
            blocks: components["schemas"]["Block"][];
        };
        /** @description A request whose promise to resolve will be missed soon. */
        Breach: {
            assignee: string | null;
            department: components["schemas"]["Named"];
            priority: string;
            reference: string;
            resolve_by: string;
            service: components["schemas"]["Named"];
            status: string;
            version: number;
        };
        /** @description A month from which on something is counted otherwise. */
        Break: {
            month: string;
            /** @enum {string} */
            what: "method" | "configuration" | "holidays";
            words: string;
        };
        /** @description What a browser gives with its subscription. */
        BrowserKeys: {
            auth: string;
            p256dh: string;
        };
        /** @description A browser's push subscription, as ``PushSubscription.toJSON()`` gives it. */
        BrowserSubscription: {
            endpoint: string;
            expirationTime?: number | null;
            keys: components["schemas"]["BrowserKeys"];
        };
        /** @description A report that stands. */
        Built: {
            id: string;
            period: string;
            review: string | null;
            url: string;
        };
        /** @description One move over the requests of a filter, or over those that are named. */
        BulkBody: {
            /** @default {} */
            details?: components["schemas"]["BulkDetails"];
            expected?: number | null;
            filter?: components["schemas"]["AskedFilter"] | null;
            move: string;
            references?: string[] | null;
        };
        /** @description What comes with the move, for every request alike. */
        BulkDetails: {
            assignee?: string | null;
            department?: string | null;
            note?: string | null;
            parent?: string | null;
            priority?: string | null;
            reason?: string | null;
            service_code?: string | null;
            until?: string | null;
        };
        /** @description A bulk move; ``undo``: it can be undone, as far as the lifecycle allows. */
        BulkJob: {
            created_at: string;
            done: number;
            expires_at: string | null;
            failure: string | null;
            finished_at: string | null;
            id: string;
            move: string;
            results: components["schemas"]["Result"][];
            /** @enum {string} */
            state: "waiting" | "running" | "done" | "failed" | "expired";
            total: number | null;
            undo: boolean;
            undo_of: string | null;
        };
        /** @description What a bundle brought. */
        BundleReceived: {
            city: string;
            digest: string;
            roots: number;
            rows: number;
            snapshot: string;
        };
        /** @description The JSON Schema of a signed bundle. */
        BundleSchema: {
            json_schema: {
                [key: string]: unknown;
            };
            version: number;
        };
        /** @description The catalogue in DCAT 3 as JSON-LD. */
        Catalogue: {
            "@context": {
                [key: string]: string;
            };
            "@id": string;
            "@type": string;
        };
        /** @description A report as far as it is known; only the service must be. */
        CheckBody: {
            address?: string | null;
            answers?: {
                [key: string]: unknown;
            };
            /** @default false */
            confidential?: boolean;
            contact?: components["schemas"]["ContactBody"] | null;
            /** @default  */
            description?: string;
            district?: string | null;
            language?: string | null;
            lat?: number | null;
            lon?: number | null;
            /** @default [] */
            media?: string[];
            observed_at?: string | null;
            same_as?: string | null;
            service_code: string;
        };
        /** @description What would become of a report, and what is known about the same problem already. */
        Checked: {
            collection: components["schemas"]["CollectionShown"] | null;
            department: components["schemas"]["Named"] | null;
            nearby: components["schemas"]["NearbyReport"][];
            notices: components["schemas"]["ShownNotice"][];
            place: components["schemas"]["Place"] | null;
            promise: components["schemas"]["Promise"] | null;
            questions: string[];
            refusal: components["schemas"]["FilingRefusal"] | null;
            taken: boolean;
        };
        /** @description A possible answer. */
        Choice: {
            key: string;
            names: {
                [key: string]: string;
            };
        };
        /** @description All cities. */
        Cities: {
            cities: components["schemas"]["City"][];
        };
        /** @description A city. */
        City: {
            attribution: string;
            centre: components["schemas"]["Position"];
            country: string;
            id: string;
            languages: string[];
            look: components["schemas"]["Look"] | null;
            names: {
                [key: string]: string;
            };
            numerals: {
                [key: string]: string;
            };
            population: number | null;
            privacy: components["schemas"]["PrivacyNotice"] | null;
            tile_url: string | null;
            timezone: string;
            zoom: number;
        };
        /** @description What is open in a city. */
        CityBacklog: {
            city: string;
            classes: components["schemas"]["AgeClass"][];
            country: string;
            figures: {
                [key: string]: components["schemas"]["FigureShown"];
            };
            names: {
                [key: string]: string;
            };
            simulated: boolean;
            snapshot: components["schemas"]["SnapshotShort"];
        };
        /** @description What the city is configured to do, as its files say; the files stay the truth. */
        CityConfiguration: {
            changes: string[];
            city: string;
            content: {
                [key: string]: unknown;
            };
            findings: string[];
            fingerprint: string;
            versions: components["schemas"]["ConfigurationVersion"][];
        };
        /** @description A city's requests as they stand now; every request counts, duplicates and inspections too. */
        CityCounts: {
            city: string;
            codes: components["schemas"]["CodeCounts"][];
            country: string;
            names: {
                [key: string]: string;
            };
        };
        /** @description One city's figures by the ids of their definitions. */
        CityFigures: {
            beside: {
                [key: string]: components["schemas"]["Verdict"];
            };
            city: string;
            country: string;
            figures: {
                [key: string]: components["schemas"]["FigureShown"];
            };
            names: {
                [key: string]: string;
            };
            peer: components["schemas"]["Peer"];
            ranks: {
                [key: string]: components["schemas"]["Rank"];
            } | null;
            simulated: boolean;
            snapshot: components["schemas"]["Snapshot"];
            survival: components["schemas"]["CurvePoint"][];
            without_emergencies: {
                [key: string]: components["schemas"]["FigureShown"];
            } | null;
        };
        /** @description Where a city opens on a map. */
        CityPosition: {
            lat: number;
            lon: number;
        };
        /** @description What can be reported. */
        CityService: {
            asks_round: ("household" | "recycling" | "organic" | "bulky" | "street") | null;
            code: string;
            description: {
                [key: string]: string;
            } | null;
            emergency_notice: {
                [key: string]: string;
            } | null;
            group: string;
            icon: string;
            keywords: string[];
            names: {
                [key: string]: string;
            };
            nearby_metres: number;
            network_code: string;
            promise: components["schemas"]["PromiseSpans"];
            questions: components["schemas"]["ServiceQuestion"][];
            redirect: components["schemas"]["Redirect"] | null;
            stop_notices: components["schemas"]["StopNotice"][];
        };
        /** @description How the request's city writes times; null follows the custom of the reader's language. */
        CityShown: {
            calendar: string | null;
            names: {
                [key: string]: string;
            };
            numerals: {
                [key: string]: string;
            };
            timezone: string;
        };
        /** @description Escalated requests of one service, district and level. */
        Climbing: {
            count: number;
            district: components["schemas"]["Named"] | null;
            level: number;
            oldest_received_at: string;
            service: components["schemas"]["Named"] | null;
        };
        /** @description One of the network's common codes; A: times are compared, B: answers and promises, C: counts only. */
        Code: {
            code: string;
            /** @enum {string} */
            comparability: "A" | "B" | "C";
            names: {
                [key: string]: string;
            };
            reference_hours: number | null;
            service_class: string;
        };
        /** @description Six digits from a message. */
        CodeBody: {
            code: string;
        };
        /** @description A common code's requests, a number for each month of the period. */
        CodeCounts: {
            closed: number[];
            code: string;
            open: number[];
            received: number[];
        };
        /** @description The code that came. */
        CodeEntered: {
            city: string;
            code: string;
            email?: string | null;
            phone?: string | null;
        };
        /** @description The same for a contact that is known and one that is not: only its owner sees whether a code came. */
        CodeOnItsWay: {
            valid_minutes: number;
        };
        /** @description Whether a code went out. */
        CodeSent: {
            sent: boolean;
        };
        /** @description Who wants a code. */
        CodeWanted: {
            city: string;
            email?: string | null;
            language?: string | null;
            phone?: string | null;
        };
        /** @description A set of features of one kind. */
        Collection: {
            crs: string[];
            description: string;
            extent: {
                [key: string]: unknown;
            };
            id: string;
            /** @constant */
            itemType: "feature";
            links: components["schemas"]["Link"][];
            title: string;
        };
        /** @description Whether a collection was due at the place. ``unknown``: the city told of no round there. */
        CollectionShown: {
            last: components["schemas"]["Coming"] | null;
            next: components["schemas"]["Coming"] | null;
            running: components["schemas"]["Coming"] | null;
            /** @enum {string} */
            state: "was_due" | "running" | "not_due" | "unknown";
        };
        /** @description All sets of features. */
        Collections: {
            collections: components["schemas"]["Collection"][];
            links: components["schemas"]["Link"][];
        };
        /** @description One coming of the collecting crew. */
        Coming: {
            from: string;
            round: components["schemas"]["Named"];
            to: string;
        };
        /** @description What was said of a figure, or in answer to that. */
        Comment: {
            answers: string | null;
            at: string;
            author: string;
            city: string | null;
            figure: string;
            id: string;
            report_id: string;
            speaks_for: string;
            text: string;
        };
        /** @description What is said of a figure; with ``answers`` the figure is that of the comment. */
        CommentBody: {
            answers?: string | null;
            city?: string | null;
            /** @default all */
            figure?: string;
            text: string;
        };
        /** @description The comment's id. */
        CommentMade: {
            id: string;
        };
        /** @description A version of the city's configuration that requests were decided by. */
        ConfigurationVersion: {
            fingerprint: string;
            recorded_at: string;
        };
        /** @description Which parts of which standards are kept to. */
        Conformance: {
            conformsTo: string[];
        };
        /** @description How to reach the resident; kept apart and encrypted, never public. */
        ContactBody: {
            email?: string | null;
            name?: string | null;
            phone?: string | null;
        };
        /** @description A telephone line shown beside the form; emergency numbers only where the city confirmed them. */
        ContactLine: {
            /** @enum {string} */
            kind: "emergency" | "municipal";
            names: {
                [key: string]: string;
            };
            phone: string;
        };
        /** @description One read; ``found``: whether there was anything. Of a picture as it came, ``why`` says only ``picture``. */
        ContactRead: {
            found: boolean;
            id: string;
            read_at: string;
            reference: string;
            username: string;
            /** @enum {string} */
            what: "contact" | "words" | "picture";
            why: string;
        };
        /** @description A page of the log, newest first. */
        ContactReads: {
            next_cursor: string | null;
            reads: components["schemas"]["ContactRead"][];
        };
        /** @description Who filed a request, as far as they said. */
        ContactShown: {
            email: string | null;
            name: string | null;
            phone: string | null;
        };
        /** @description A firm to whom work can be given; it has no account and opens a job by a link. */
        ContractorListed: {
            code: string;
            for_department: string;
            names: {
                [key: string]: string;
            };
        };
        /** @description The number of the event that says so. */
        Corrected: {
            event: number;
        };
        /** @description How a city's issues close over time. */
        Course: {
            causes_withheld: string | null;
            causes_withheld_code?: string | null;
            causes_withheld_values?: {
                [key: string]: number;
            } | null;
            city: string;
            country: string;
            names: {
                [key: string]: string;
            };
            points: components["schemas"]["CoursePoint"][];
            simulated: boolean;
            snapshot: components["schemas"]["SnapshotShort"];
        };
        /**
         * @description Of all issues, the shares open, resolved, declined and withdrawn after so many hours; they add up to 1.
         *
         *     The last three are null where it is not told how issues ended.
         */
        CoursePoint: {
            high: number;
            hours: number;
            low: number;
            n: number;
            not_actionable: number | null;
            open: number;
            resolved: number | null;
            withdrawn: number | null;
        };
        /** @description Survival curves with their bands, every hour of the first day and every six hours to 30 days. */
        Courses: {
            cities: components["schemas"]["Course"][];
            code: string;
            district: string | null;
            period: string;
        };
        /** @description How much a city reported, and how good its data are. */
        Coverage: {
            first_month: string | null;
            issues: number | null;
            last_month: string | null;
            months: number;
            quality: {
                [key: string]: components["schemas"]["FigureShown"];
            };
            reports: number | null;
        };
        /** @description The share still open so many hours after receipt, with its 95 % band and how many are followed there. */
        CurvePoint: {
            high: number | null;
            hours: number;
            low: number | null;
            n: number;
            open: number | null;
        };
        /** @description Every figure's definition, and the codes. */
        Definitions: {
            codes: components["schemas"]["Code"][];
            definitions: components["schemas"]["FigureDefinition"][];
        };
        /** @description An owner of requests. */
        Department: {
            code: string;
            /** @enum {string} */
            kind: "department" | "external";
            names: {
                [key: string]: string;
            };
        };
        /** @description A city's departments. */
        Departments: {
            city: string;
            departments: components["schemas"]["Department"][];
        };
        /** @description How mails shall come. */
        DigestBody: {
            /** @enum {string} */
            digest: "none" | "daily" | "weekly";
        };
        /** @description How mails come: one by one, or together in the morning of a day or of a Monday. */
        DigestChoice: {
            /** @enum {string} */
            digest: "none" | "daily" | "weekly";
            email: boolean;
        };
        /** @description Where the servers are, and when the services last changed. */
        Discovery: {
            changeset: string;
            contact: string;
            endpoints: components["schemas"]["Endpoint"][];
            key_service: string;
        };
        /** @description What is open in a district; null: without a district. */
        DistrictLoad: {
            district: components["schemas"]["Named"] | null;
            due_soon: number;
            open: number;
            overdue: number;
        };
        /** @description A district's mean time open in 30 days, as observed and drawn to the city's mean by what may be chance. */
        DistrictShown: {
            delay: components["schemas"]["FigureShown"];
            district: string;
            geometry: string;
            high: number | null;
            kept: number | null;
            low: number | null;
            n: number | null;
            names: {
                [key: string]: string;
            };
            population: number | null;
            smoothed: number | null;
            value: number | null;
            withheld: string | null;
            withheld_code?: string | null;
            withheld_values?: {
                [key: string]: number;
            } | null;
        };
        /** @description What came of it, and the request as it stands then. */
        Done: {
            message: string;
            /** @enum {string} */
            outcome: "added" | "answered" | "withdrawn" | "thanks" | "reopened" | "kept_late" | "kept_often" | "erased" | "nothing_to_erase";
            request: components["schemas"]["PublicStatus"];
        };
        /** @description Which quarter's sample is drawn. */
        DrawBody: {
            quarter: string;
            /** @default 60 */
            size?: number;
        };
        /** @description What is past its next promised or watched time, and what comes due. */
        Due: {
            by_hour: number[];
            overdue: number;
        };
        /** @description A report of the same problem that follows this one. */
        Duplicate: {
            channel: string;
            linked_at: string | null;
            received_at: string;
            reference: string;
            status: string;
        };
        /** @description A new edition of what was published. */
        EditionBody: {
            changes: string;
            report_id: string;
        };
        /** @description All emergencies written down here, the newest first. */
        Emergencies: {
            emergencies: components["schemas"]["EmergencyShown"][];
        };
        /** @description An emergency that an authority declared, and where that stands. */
        EmergencyBody: {
            declared_by: string;
            /** @default [] */
            districts?: string[];
            kind: string;
            source: string;
            valid_from: string;
        };
        /** @description When it ended. */
        EmergencyEndBody: {
            valid_to: string;
        };
        /** @description A declared emergency; it marks the figures of its days and erases nothing. */
        EmergencyShown: {
            declared_by: string;
            districts: string[];
            ended_by: string | null;
            id: string;
            kind: string;
            recorded_at: string;
            recorded_by: string;
            source: string;
            valid_from: string;
            valid_to: string | null;
        };
        /** @description One server of one standard. */
        Endpoint: {
            changeset: string;
            formats: string[];
            specification: string;
            /** @enum {string} */
            type: "production" | "test";
            url: string;
        };
        /** @description Differences between the districts of a city. */
        Equity: {
            city: string;
            country: string;
            districts: components["schemas"]["DistrictShown"][];
            figure: components["schemas"]["FigureShown"] | null;
            gaps: components["schemas"]["Gaps"] | null;
            names: {
                [key: string]: string;
            };
            period: string;
            /** @default false */
            simulated?: boolean;
            snapshot: components["schemas"]["SnapshotShort"] | null;
        };
        /** @description How much is to be deleted. */
        EraseBody: {
            /** @enum {string} */
            what: "contact" | "everything";
        };
        /** @description Why something was refused; ``code`` repeats the HTTP status. */
        Error: {
            code: number;
            description: string;
        };
        /** @description The shape of every refusal. */
        ErrorAnswer: {
            error: components["schemas"]["ErrorBody"];
        };
        /** @description What was refused and why. */
        ErrorBody: {
            allowed?: string[] | string | null;
            by?: string | null;
            changes?: components["schemas"]["FieldChange"][] | null;
            code: string;
            field?: string | null;
            message: string;
            nearest_city?: components["schemas"]["NearestCity"] | null;
            notice?: {
                [key: string]: string;
            } | null;
            phone?: string | null;
            reference: string;
            url?: string | null;
        };
        /** @description How silence climbs for this request. */
        Escalation: {
            awaited: components["schemas"]["AwaitedAnswer"][];
            by_hand: boolean;
            clock_runs_on_at: string | null;
            held_until: string | null;
            level: number;
            next: components["schemas"]["Rung"] | null;
            next_at: string | null;
            resident_waits_since: string;
            rungs: components["schemas"]["Rung"][];
        };
        /** @description What was escalated and is still open. */
        Escalations: {
            by_level: components["schemas"]["LevelCount"][];
            groups: components["schemas"]["Climbing"][];
            total: number;
        };
        /** @description What is taken out, and as what. */
        ExportBody: {
            /**
             * @default {
             *       "escalated": false,
             *       "overdue": false,
             *       "unassigned": false
             *     }
             */
            filter?: components["schemas"]["AskedFilter"];
            /** @enum {string} */
            format: "csv" | "xlsx" | "geojson";
        };
        /** @description An export; its file is there while it is ``done``. */
        ExportJob: {
            created_at: string;
            done: number;
            expires_at: string | null;
            failure: string | null;
            finished_at: string | null;
            /** @enum {string} */
            format: "csv" | "xlsx" | "geojson";
            id: string;
            /** @enum {string} */
            state: "waiting" | "running" | "done" | "failed" | "expired";
            total: number | null;
        };
        /** @description Beyond the standard, with ``extensions=true``. */
        ExtendedAttributes: {
            channel: string;
            detailed_status: string;
            district: string | null;
            duplicate: boolean;
            network_code: string;
            parent_service_request_id: string | null;
            photos: {
                [key: string]: unknown;
            }[];
            promise: {
                [key: string]: string | null;
            };
        };
        /** @description One system a request went to, or was to go to. */
        ExternalLink: {
            attempts: number;
            attention: ("unknown_status" | "not_theirs" | "jobs_open" | "evidence_missing") | null;
            names: {
                [key: string]: string;
            };
            next_attempt_at: string | null;
            not_told: string | null;
            not_told_detail: string | null;
            owner: string;
            perhaps_there: boolean;
            problem: string | null;
            problem_detail: string | null;
            resting_until: string | null;
            sent_at: string | null;
            /** @enum {string} */
            state: "waiting" | "token" | "sent" | "failed" | "ended";
            their_id: string | null;
            their_status: string | null;
            their_updated_at: string | null;
            their_words: string | null;
        };
        /** @description All of a request, the earliest first; most have none or one. */
        ExternalLinks: {
            owners: components["schemas"]["ExternalLink"][];
        };
        /** @description A notice or message that was given up; who it was for is said by kind alone. */
        FailedNotice: {
            attempts: number;
            audience: string;
            can_be_sent_again: boolean;
            channel: string;
            created_at: string;
            failed_at: string;
            id: string;
            kind: string;
            language: string;
            last_error: string | null;
            reference: string | null;
        };
        /** @description One thing on the map. */
        Feature: {
            geometry: components["schemas"]["Geometry"] | null;
            id: string;
            links?: components["schemas"]["Link"][] | null;
            properties: {
                [key: string]: unknown;
            };
            /** @constant */
            type: "Feature";
        };
        /** @description GeoJSON (RFC 7946); further members say source and licence. */
        FeatureCollection: {
            features: {
                [key: string]: unknown;
            }[];
            /** @constant */
            type: "FeatureCollection";
        } & {
            [key: string]: unknown;
        };
        /** @description A page of features; follow the link ``next`` for more. */
        Features: {
            features: components["schemas"]["Feature"][];
            links: components["schemas"]["Link"][];
            numberMatched?: number | null;
            numberReturned: number;
            timeStamp: string;
            /** @constant */
            type: "FeatureCollection";
        };
        /** @description A key that was registered. */
        FederationKey: {
            address: string | null;
            city: string;
            id: string;
            public_key: string;
            registered_at: string;
            registered_by: string;
            retired_at: string | null;
            retired_by: string | null;
        };
        /** @description Every key there is or was. */
        FederationKeys: {
            keys: components["schemas"]["FederationKey"][];
        };
        /** @description Whether it is fixed; how content somebody is, from one (bad) to five (good). */
        FeedbackBody: {
            fixed: boolean;
            /** @default [] */
            media?: string[];
            rating?: number | null;
            /** @default  */
            text?: string;
        };
        /** @description A field as it was when it was read, and as it is now; a note has no value before. */
        FieldChange: {
            field: string;
            from: unknown;
            to: unknown;
        };
        /** @description A request as somebody on the street needs it, who may have no line there. */
        FieldJob: {
            address: string | null;
            assignee: string | null;
            assignee_names: {
                [key: string]: string;
            } | null;
            channel: string;
            city: string;
            closed_at: string | null;
            department: components["schemas"]["Named"];
            description: string;
            district: components["schemas"]["Named"] | null;
            escalation_level: number;
            evidence: boolean;
            lat: number | null;
            late: boolean;
            lon: number | null;
            mine: boolean;
            network_code: string;
            next_due_at: string | null;
            photos: components["schemas"]["FieldPicture"][];
            pieces: components["schemas"]["FieldPiece"][];
            priority: string;
            promise: components["schemas"]["Promise"];
            received_at: string;
            reference: string;
            service: components["schemas"]["Named"];
            status: string;
            updated_at: string;
            version: number;
            yours_to_move: boolean;
        };
        /** @description A move of the street: from which statuses it starts, where it leads (null: it stays), and what it needs. */
        FieldMove: {
            ends: string | null;
            fields: string[];
            move: string;
            needs: string[];
            reasons: string[];
            starts: string[];
        };
        /** @description A small picture of a job. */
        FieldPicture: {
            id: string;
            kind: string;
            thumbnail_url: string;
        };
        /** @description A piece of work that is still open; a request with one is not resolved. */
        FieldPiece: {
            number: number;
            title: string;
        };
        /** @description All jobs and links of a request. */
        FieldWork: {
            jobs: components["schemas"]["JobShown"][];
            links: components["schemas"]["JobLinkShown"][];
        };
        /** @description What a figure is. */
        FigureDefinition: {
            comparability: string;
            denominator: string;
            estimand: string;
            id: string;
            interval: string;
            minimum_n: number;
            name: string;
            source: string;
            unit: string;
        };
        /** @description A figure with its 95 % limits, of how many, or the reason why it is withheld. */
        FigureShown: {
            events: number | null;
            flags: ("provisional" | "unstable" | "few" | "suppressed")[];
            high: number | null;
            low: number | null;
            n: number | null;
            note: string | null;
            provisional: boolean;
            value: number | null;
            withheld: string | null;
            withheld_code?: string | null;
            withheld_values?: {
                [key: string]: number;
            } | null;
        };
        /** @description A request that stands: what the resident needs to find it again. */
        Filed: {
            assignee: components["schemas"]["Named"] | null;
            city: string;
            department: components["schemas"]["Named"];
            district: components["schemas"]["Named"] | null;
            joined: string | null;
            page_url: string;
            promise: components["schemas"]["Promise"];
            received_at: string;
            reference: string;
            route: components["schemas"]["Route"];
            service: components["schemas"]["Named"];
            status: string;
            status_url: string;
            token: string;
        };
        /** @description A request that stands, as whoever typed it may know it: the private page is the resident's alone. */
        FiledOnBehalf: {
            assignee: components["schemas"]["Named"] | null;
            city: string;
            department: components["schemas"]["Named"];
            district: components["schemas"]["Named"] | null;
            joined: string | null;
            promise: components["schemas"]["Promise"];
            received_at: string;
            reference: string;
            route: components["schemas"]["Route"];
            service: components["schemas"]["Named"];
            status: string;
            status_url: string;
        };
        /** @description A report. Where it is: ``lat`` and ``lon``, or a ``district``, or an ``address`` in words. */
        FilingBody: {
            address?: string | null;
            answers?: {
                [key: string]: unknown;
            };
            /** @default false */
            confidential?: boolean;
            contact?: components["schemas"]["ContactBody"] | null;
            /** @default  */
            description?: string;
            district?: string | null;
            language?: string | null;
            lat?: number | null;
            lon?: number | null;
            /** @default [] */
            media?: string[];
            observed_at?: string | null;
            same_as?: string | null;
            service_code: string;
        };
        /** @description Why the report would not be taken, and what to do instead. */
        FilingRefusal: {
            /** @enum {string} */
            kind: "stop" | "redirect" | "outside" | "not_offered";
            nearest_city?: components["schemas"]["NearestCity"] | null;
            notice: {
                [key: string]: string;
            };
            phone: string | null;
            url: string | null;
        };
        /** @description A filter to keep. */
        FilterBody: {
            filter: components["schemas"]["AskedFilter"];
            name: string;
            /**
             * @default none
             * @enum {string}
             */
            shared?: "none" | "department" | "city";
        };
        /** @description What was found of one request of a sample. */
        FindingBody: {
            /** @enum {string} */
            finding: "fixed" | "not_fixed" | "no_trace";
            /** @default  */
            note?: string;
            /** @enum {string} */
            way: "reporter" | "photo" | "field";
        };
        /** @description Follow a request. ``moves``: of which to be told; null: of all. */
        FollowBody: {
            /** @enum {string} */
            channel: "email" | "sms" | "push";
            email?: string | null;
            /**
             * @default at_once
             * @enum {string}
             */
            frequency?: "at_once" | "daily" | "weekly";
            language?: string | null;
            moves?: string[] | null;
            phone?: string | null;
            push?: components["schemas"]["BrowserSubscription"] | null;
        };
        /** @description Cities around a common value, instead of a league table (Spiegelhalter, 2005). */
        Funnel: {
            figure: string;
            left_out: components["schemas"]["LeftOut"][];
            limits: components["schemas"]["FunnelStep"][];
            overdispersed: boolean;
            phi: number | null;
            points: components["schemas"]["FunnelPoint"][];
            target: number | null;
            tau_squared: number;
            unit: string;
            unlike: string | null;
        };
        /** @description Control limits at 95 % and 99.8 %. */
        FunnelLimits: {
            high_95: number;
            high_998: number;
            low_95: number;
            low_998: number;
        };
        /** @description The funnel of one figure. */
        FunnelOfPeriod: {
            figure: string;
            left_out: components["schemas"]["LeftOut"][];
            limits: components["schemas"]["FunnelStep"][];
            overdispersed: boolean;
            period: string;
            phi: number | null;
            points: components["schemas"]["FunnelPoint"][];
            target: number | null;
            tau_squared: number;
            unit: string;
            unlike: string | null;
        };
        /** @description A city in a funnel; without a verdict where fewer than three cities can be held together. */
        FunnelPoint: {
            city: string;
            high: number | null;
            limits: components["schemas"]["FunnelLimits"] | null;
            low: number | null;
            n: number | null;
            names: {
                [key: string]: string;
            };
            simulated: boolean;
            stands: boolean;
            value: number;
            verdict: ("usual" | "watch" | "investigate") | null;
            words: string | null;
            z: number | null;
            z_adjusted: number | null;
        };
        /** @description Limits at a number of cases. */
        FunnelStep: {
            high_95: number;
            high_998: number;
            low_95: number;
            low_998: number;
            n: number;
        };
        /** @description How districts differ, in hours; all but ``withheld`` are absent where it is not known. */
        Gaps: {
            gini?: number | null;
            mean?: number | null;
            mean_gap?: number | null;
            mld?: number | null;
            theil?: number | null;
            typical?: number | null;
            widest?: number | null;
            withheld: string | null;
            withheld_code?: string | null;
            withheld_values?: {
                [key: string]: number;
            } | null;
        };
        /** @description Where a feature is (RFC 7946), WGS 84, longitude first. */
        Geometry: {
            coordinates: unknown[];
            type: string;
        };
        /** @description Open requests on a grid, those most overdue first. */
        Grid: {
            cells: components["schemas"]["WallCell"][];
            metres: number;
            placed_of_open: boolean;
        };
        HTTPValidationError: {
            detail?: components["schemas"]["ValidationError"][];
        };
        /** @description A new link: ``url`` opens the page, and is shown this once. */
        HandedOut: {
            expires_at: string;
            link: components["schemas"]["JobLinkShown"];
            url: string;
        };
        /** @description Whose requests go to whom, by username; ``filter`` narrows them. */
        HandoverBody: {
            filter?: components["schemas"]["AskedFilter"] | null;
            from: string;
            note?: string | null;
            to: string;
        };
        /** @description A root as the network holds it. */
        HeldRoot: {
            as_of: string;
            city: string;
            day: string;
            events: number;
            hash: string;
            previous: string | null;
            received_at: string;
            requests: number;
            tree: string;
            way: string;
        };
        /** @description Roots that the network holds, newest first. */
        HeldRoots: {
            roots: components["schemas"]["HeldRoot"][];
        };
        /** @description What somebody was told, newest first. */
        Inbox: {
            items: components["schemas"]["InboxItem"][];
            more: boolean;
            unread: number;
            unread_urgent: number;
        };
        /** @description How much is unread. */
        InboxCounts: {
            unread: number;
            unread_urgent: number;
        };
        /** @description One thing somebody was told. */
        InboxItem: {
            at: string;
            body: string;
            id: string;
            kind: string;
            language: string;
            read_at: string | null;
            reference: string;
            status: string;
            subject: string;
            urgent: boolean;
        };
        /** @description Cities side by side, in order of their English names: not a ranking. */
        Indicators: {
            cities: components["schemas"]["CityFigures"][];
            code: string;
            district: string | null;
            funnels: {
                [key: string]: components["schemas"]["Funnel"];
            };
            method_version: string;
            period: string;
            simulated: string[];
            weights: components["schemas"]["WeightsShown"];
            without_figures: string[];
        };
        /** @description One piece of work. */
        JobBody: {
            assignee?: string | null;
            title: string;
        };
        /** @description Who gets the link, to what, and for how long. */
        JobLinkBody: {
            contractor: string;
            /** @default 168 */
            hours?: number;
            instructions?: string | null;
            job?: number | null;
        };
        /** @description A link as staff see it; its address is shown only when it is made. */
        JobLinkShown: {
            contractor: string;
            contractor_names: {
                [key: string]: string;
            } | null;
            created_at: string;
            created_by: string;
            expires_at: string;
            finished_at: string | null;
            id: string;
            instructions: string | null;
            job: number | null;
            note: string | null;
            opened_at: string | null;
            outcome: ("done" | "returned") | null;
            revoked_at: string | null;
            started_at: string | null;
        };
        /** @description How a piece of work ended. */
        JobOutcomeBody: {
            note?: string | null;
            /** @enum {string} */
            outcome: "done" | "dropped";
        };
        /** @description What the holder of a link sees: where and what the work is, never who reported it. */
        JobPage: {
            address: string | null;
            city: string;
            city_names: {
                [key: string]: string;
            };
            department: components["schemas"]["Named"];
            description: string;
            district: components["schemas"]["Named"] | null;
            evidence: boolean;
            expires_at: string;
            finished_at: string | null;
            instructions: string | null;
            open: boolean;
            outcome: ("done" | "returned") | null;
            photos: components["schemas"]["JobPhoto"][];
            position: components["schemas"]["Position"] | null;
            reference: string;
            resolve_by: string | null;
            service: components["schemas"]["Named"];
            started_at: string | null;
            title: string | null;
        };
        /** @description A picture of the job; fetched with the same token. */
        JobPhoto: {
            height: number;
            id: string;
            kind: string;
            url: string;
            width: number;
        };
        /** @description What the holder of a link says. */
        JobReportBody: {
            /** @default [] */
            media?: string[];
            note?: string | null;
            /** @enum {string} */
            report: "started" | "done" | "returned";
        };
        /** @description A piece of work and how it stands. */
        JobShown: {
            assignee: string | null;
            created_at: string;
            created_by: string;
            finished_at: string | null;
            finished_by: string | null;
            note: string | null;
            number: number;
            /** @enum {string} */
            state: "open" | "done" | "dropped";
            title: string;
        };
        /** @description A picture that waits for its report, and what the camera wrote, which is not kept. */
        KeptPhoto: {
            bytes: number;
            height: number;
            id: string;
            position: components["schemas"]["Position"] | null;
            taken_at: string | null;
            width: number;
        };
        /** @description The key by which a subscription is changed or ended; only its owner ever gets it. */
        Key: {
            key: string;
        };
        /** @description A city's key. */
        KeyBody: {
            address?: string | null;
            city: string;
            public_key: string;
        };
        /** @description The new key: shown this once. */
        KeyMade: {
            details: components["schemas"]["KeyShown"];
            key: string;
        };
        /** @description A key; itself it is shown once only, when it is made. */
        KeyShown: {
            account: string;
            created_at: string;
            created_by: string | null;
            expires_at: string | null;
            id: string;
            label: string;
            last_used_at: string | null;
            revoked_at: string | null;
            scopes: string[];
        };
        /** @description The city's keys, the newest first, and the scopes there are with what each opens. */
        Keys: {
            keys: components["schemas"]["KeyShown"][];
            longest_days: number;
            scopes: {
                [key: string]: string[];
            };
            usual_days: number;
        };
        /** @description Where the parts of the service are (OGC API - Features, Part 1). */
        Landing: {
            description: string;
            links: components["schemas"]["Link"][];
            title: string;
        };
        /** @description The newest bundle of a city that was merged. */
        LastBundle: {
            count: number;
            digest: string;
            made_at: string;
            received_at: string;
            whole: boolean;
        };
        /** @description The newest bundle of the last 30 days that a known key signed and that was refused. */
        LastRefusal: {
            at: string;
            code: string;
            count: number;
            message: string;
        };
        /** @description The newest root that the network holds of a city. */
        LastRoot: {
            as_of: string;
            count: number;
            day: string;
            events: number;
            hash: string;
            late: number;
            received_at: string;
            requests: number;
            way: string;
        };
        /** @description What a root holds of one request. */
        Leaf: {
            events: number;
            head: string;
            position: number;
            request: string;
        };
        /** @description A city that is not in a funnel. */
        LeftOut: {
            city: string;
            why: string;
            why_code: string;
            why_values: {
                [key: string]: number;
            };
        };
        /** @description How many stand on a rung; 0: escalated by a person alone. */
        LevelCount: {
            count: number;
            level: number;
        };
        /** @description Under which terms the files may be used. */
        Licence: {
            attribution: string;
            confirmed: boolean;
            id: string;
            url: string;
        };
        /** @description Where something else about the same is. */
        Link: {
            href: string;
            rel: string;
            title?: string | null;
            type: string;
        };
        /** @description The process answers. */
        Live: {
            status: string;
        };
        /** @description How many requests came, are open and were closed. Months are those of each city's own zone. */
        LiveCounts: {
            as_of: string;
            cities: components["schemas"]["CityCounts"][];
            months: string[];
            period: string;
        };
        /** @description What a department, or a person within it, has open. */
        Load: {
            assignee: string | null;
            department: components["schemas"]["Named"];
            due_soon: number;
            escalated: number;
            median_age_hours: number;
            oldest_received_at: string | null;
            open: number;
            overdue: number;
            waiting: number;
        };
        /** @description What makes the pages the city's own; white text on ``colour`` is readable. */
        Look: {
            colour: string;
            crest_url: string | null;
        };
        /** @description What a move did: the version it made, which is older than the request's own where more happened since. */
        Made: {
            replayed: boolean;
            version: number;
        };
        /** @description How the network stands with a city. */
        MemberState: {
            bundle: components["schemas"]["LastBundle"] | null;
            city: string;
            country: string;
            figures_as_of: string | null;
            keys: number;
            names: {
                [key: string]: string;
            };
            refusal: components["schemas"]["LastRefusal"] | null;
            root: components["schemas"]["LastRoot"] | null;
            /** @enum {string} */
            way: "hosted" | "federated" | "unused";
        };
        /** @description Every configured city. */
        MemberStates: {
            members: components["schemas"]["MemberState"][];
        };
        /** @description What waits for a release, longest first. */
        ModerationQueue: {
            next_cursor: string | null;
            reasons: string[];
            requests: components["schemas"]["WaitingRequest"][];
        };
        /** @description Figures of one month. */
        MonthShown: {
            figures: {
                [key: string]: components["schemas"]["FigureShown"];
            };
            month: string;
        };
        /** @description What comes with a move; which fields it needs, the request's ``moves`` say. */
        MoveBody: {
            assignee?: string | null;
            department?: string | null;
            /** @default [] */
            media?: string[];
            note?: string | null;
            parent?: string | null;
            priority?: string | null;
            reason?: string | null;
            service_code?: string | null;
            until?: string | null;
            version?: number | null;
        };
        /** @description The request after a move. */
        MoveMade: {
            address: string | null;
            answers: {
                [key: string]: unknown;
            };
            assignee: string | null;
            assignee_names: {
                [key: string]: string;
            } | null;
            channel: string;
            city: string;
            closed_at: string | null;
            closing_reason: string | null;
            confidential: boolean;
            config_fingerprint: string;
            contact_known: boolean;
            contact_unconfirmed: boolean;
            department: components["schemas"]["Named"];
            description: string;
            district: components["schemas"]["Named"] | null;
            duplicate_of: string | null;
            duplicates: components["schemas"]["Duplicate"][];
            erased: boolean;
            escalation: components["schemas"]["Escalation"];
            escalation_level: number;
            language: string | null;
            lat: number | null;
            late: boolean;
            lon: number | null;
            made: components["schemas"]["Made"];
            more_duplicates: boolean;
            moves: components["schemas"]["PossibleMove"][];
            network_code: string;
            next_due_at: string | null;
            observed_at: string | null;
            photos: components["schemas"]["StaffPhoto"][];
            priority: string;
            promise: components["schemas"]["Promise"];
            public: boolean | null;
            received_at: string;
            reference: string;
            route: components["schemas"]["Route"];
            said: components["schemas"]["SaidToStaff"][];
            sent_on: boolean;
            service: components["schemas"]["Named"];
            status: string;
            timeline: components["schemas"]["StaffEvent"][];
            updated_at: string;
            version: number;
            waits_for_release: boolean;
        };
        /** @description Something with a code and names by language. */
        Named: {
            code: string;
            names: {
                [key: string]: string;
            };
        };
        /** @description An open report near the place. Place and distance are those the public is shown. */
        NearbyReport: {
            alike: boolean;
            metres: number;
            open: boolean;
            others: number;
            position: components["schemas"]["Position"] | null;
            received_at: string;
            reference: string;
            service: components["schemas"]["Named"];
            status: string;
            thumbnail_url: string | null;
        };
        /** @description The city to ask instead. */
        NearestCity: {
            id: string;
            kilometres: number;
            names: {
                [key: string]: string;
            };
        };
        /** @description The root as it was handed to the network. */
        NetworkCopy: {
            hash: string;
            received_at: string;
        };
        /** @description An account to be made. Without a password a temporary one is made and told once. */
        NewAccountBody: {
            /** @default [] */
            departments?: string[];
            /** @default  */
            display_name?: string;
            email?: string | null;
            password?: string | null;
            /** @enum {string} */
            role: "crew" | "agent" | "dispatcher" | "supervisor" | "auditor" | "city_admin" | "service";
            username: string;
        };
        /** @description A key to be made for a service account; one that is not there yet is made with it. */
        NewKeyBody: {
            /** @default other-systems */
            account?: string;
            expires_at?: string | null;
            label: string;
            scopes: string[];
        };
        /** @description A move of the path. */
        NextMove: {
            begins: string[];
            leads_to: string;
            may_have: string[];
            move: string;
            needs: string[];
            offices: string[];
            refusal: components["schemas"]["StepRefusal"] | null;
        };
        /** @description Something that happened, with ``extensions=true``. */
        Note: {
            datetime: string;
            description: string | null;
            summary: string;
            /** @enum {string} */
            type: "submitted" | "opened" | "activity" | "closed";
        };
        /** @description How somebody is told. */
        NoticeChoices: {
            channels: {
                [key: string]: string[];
            };
            /** @enum {string} */
            digest: "none" | "daily" | "weekly";
            possible: string[];
            quiet: components["schemas"]["QuietHours"] | null;
            telegram_linked: boolean;
            zone: string;
        };
        /** @description How somebody wants to be told. */
        NoticeChoicesBody: {
            channels?: {
                [key: string]: ("inbox" | "email" | "telegram")[];
            };
            /**
             * @default none
             * @enum {string}
             */
            digest?: "none" | "daily" | "weekly";
            quiet?: components["schemas"]["QuietHours"] | null;
            zone?: string | null;
        };
        /** @description A notice as its reader would see it, with made-up values. */
        NoticePreview: {
            body: string;
            html: string;
            kind: string;
            language: string;
            own_words: boolean;
            sms: string;
            sms_parts: number;
            subject: string;
            /** @enum {string} */
            worded_by: "service" | "city" | "network";
        };
        /** @description All notices of an audience in one language. */
        NoticePreviews: {
            notices: components["schemas"]["NoticePreview"][];
        };
        /** @description How much is left unread. */
        NoticesLeft: {
            unread: number;
        };
        /** @description What you have read: of one review, or all up to a time. */
        NoticesReadBody: {
            review?: string | null;
            until?: string | null;
        };
        /** @description A report of somebody who called, wrote or came. */
        OnBehalfBody: {
            address?: string | null;
            answers?: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            channel: "phone" | "counter" | "letter" | "email" | "chat" | "social" | "inspection";
            /** @default false */
            confidential?: boolean;
            contact?: components["schemas"]["ContactBody"] | null;
            /** @default  */
            description?: string;
            district?: string | null;
            language?: string | null;
            lat?: number | null;
            lon?: number | null;
            /** @default [] */
            media?: string[];
            observed_at?: string | null;
            same_as?: string | null;
            service_code: string;
        };
        /** @description A service's questions. */
        Open311Definition: {
            attributes: components["schemas"]["Attribute"][];
            service_code: string;
        };
        /** @description What can be reported. */
        Open311Service: {
            description: string | null;
            group: string | null;
            keywords: string | null;
            metadata: boolean;
            service_code: string;
            service_name: string;
            /** @enum {string} */
            type: "realtime" | "batch" | "blackbox";
        };
        /** @description Each city's newest files. */
        OpenData: {
            catalogue: string;
            cities: components["schemas"]["OpenDataVersion"][];
        };
        /** @description All versions of a city that are kept, the newest first, and what their columns mean. */
        OpenDataOfCity: {
            city: string;
            dictionary: {
                [key: string]: unknown;
            };
            versions: components["schemas"]["OpenDataVersion"][];
        };
        /** @description A day's files of a city. */
        OpenDataVersion: {
            city: string;
            day: string;
            files: components["schemas"]["OpenFile"][];
            licence: components["schemas"]["Licence"];
            made_at: string;
            names: {
                [key: string]: string;
            };
            requests: number;
        };
        /** @description A file with its checksum. */
        OpenFile: {
            bytes: number;
            media_type: string;
            name: string;
            sha256: string;
            url: string;
        };
        /** @description How a page is ordered: as asked, or by receipt where closed ones are among them, of which nothing is due. */
        Ordered: {
            /** @enum {string} */
            order: "asc" | "desc";
            sort: components["schemas"]["Sort"];
        };
        /** @description The resident's words before staff reworded them; null where nothing was, or its time is over. */
        OriginalWords: {
            description: string | null;
            redacted_at: string | null;
            redacted_by: string | null;
        };
        /** @description Every city of the network, in order of English name. */
        Overview: {
            cities: components["schemas"]["OverviewCity"][];
            method_version: string;
            period: string;
        };
        /** @description One city on the network's first page. */
        OverviewCity: {
            beside: {
                [key: string]: components["schemas"]["Verdict"];
            };
            centre: components["schemas"]["CityPosition"];
            city: string;
            country: string;
            coverage: components["schemas"]["Coverage"] | null;
            headline: {
                [key: string]: components["schemas"]["FigureShown"];
            };
            names: {
                [key: string]: string;
            };
            pulled: components["schemas"]["PulledCity"] | null;
            simulated: boolean;
            snapshot: components["schemas"]["SnapshotShort"] | null;
        };
        /** @description How whoever filed a request is told of it. */
        OwnNotices: {
            all_moves: string[];
            browsers: number;
            channels: string[];
            confirm_over: string | null;
            confirmed: boolean;
            /** @enum {string} */
            frequency: "at_once" | "daily" | "weekly";
            moves: string[] | null;
            possible: string[];
            quiet: components["schemas"]["QuietHours"] | null;
            telegram: boolean;
        };
        /** @description Channels (null: the usual one, empty: none) and moves (null: all). The others stay where they are null. */
        OwnNoticesBody: {
            channels?: ("email" | "sms")[] | null;
            frequency?: ("at_once" | "daily" | "weekly") | null;
            moves?: string[] | null;
            quiet?: components["schemas"]["QuietHours"] | null;
        };
        /** @description A request filed with the contact of whoever is signed in; ``token`` opens its private link. */
        OwnRequest: {
            closed_at: string | null;
            district: components["schemas"]["Named"] | null;
            open: boolean;
            promise_standard: string;
            received_at: string;
            reference: string;
            resolve_by: string | null;
            service: components["schemas"]["Named"];
            status: string;
            token: string;
            updated_at: string;
        };
        /** @description Newest first, two hundred at most. */
        OwnRequests: {
            requests: components["schemas"]["OwnRequest"][];
        };
        /** @description The own password, to confirm something. */
        PasswordBody: {
            password: string;
        };
        /** @description The present password and the one to come. */
        PasswordChangeBody: {
            new: string;
            old: string;
        };
        /** @description Who a city is read beside: context, not an adjustment. */
        Peer: {
            band: ("below 0.3 m" | "0.3 to 2 m" | "above 2 m") | null;
            population: number | null;
            population_source: string | null;
        };
        /** @description The city's active people, by name, and its contractors as configured. */
        People: {
            contractors: components["schemas"]["ContractorListed"][];
            people: components["schemas"]["PersonListed"][];
        };
        /** @description Somebody of the staff who looks at the request. */
        Person: {
            display_name: string;
            username: string;
        };
        /** @description A colleague to whom work can be given. */
        PersonListed: {
            departments: string[];
            display_name: string;
            role: string;
            username: string;
        };
        /** @description A picture: ``before`` shows the problem, ``after`` what was done, ``feedback`` what the resident found then. */
        PhotoShown: {
            height: number;
            id: string;
            /** @enum {string} */
            kind: "before" | "after" | "feedback";
            public: boolean;
            thumbnail_url: string;
            url: string;
            width: number;
        };
        /** @description Where a position lies. */
        Place: {
            district: components["schemas"]["Named"] | null;
            inside: boolean;
            nearest_city?: components["schemas"]["NearestCity"] | null;
            zones: string[];
        };
        /** @description Somewhere the city knows by name; ``position`` is a point of it, null for streets. */
        PlaceFound: {
            code: string;
            district: components["schemas"]["Named"] | null;
            /** @enum {string} */
            kind: "district" | "area" | "street" | "landmark";
            names: {
                [key: string]: string;
            };
            position: components["schemas"]["Position"] | null;
        };
        /** @description What fits the words, best first. */
        PlacesFound: {
            places: components["schemas"]["PlaceFound"][];
        };
        /** @description WGS 84 degrees. */
        Position: {
            lat: number;
            lon: number;
        };
        /** @description Each wanted request, or cells of many; not ``complete``: more are wanted than were looked at. */
        Positions: {
            cells: components["schemas"]["QueueCell"][];
            complete: boolean;
            positions: components["schemas"]["QueuePosition"][];
        };
        /** @description A move, whether it is allowed now, and why not. */
        PossibleMove: {
            allowed: boolean;
            fields: string[];
            hindered_by: ("status" | "role" | "department") | null;
            move: string;
            needs: string[];
            reasons: string[];
            starts: string[];
            why: string;
            why_not: string | null;
        };
        /** @description What became of a report just made. */
        Posted: {
            account_id: string | null;
            service_notice: string | null;
            service_request_id: string;
        };
        /** @description Who looks at a request just now. */
        Presence: {
            people: components["schemas"]["Person"][];
        };
        /** @description A form of the report at an address of its own; of a draft it bears a mark that says so. */
        PrintedForm: {
            city?: string | null;
            language?: string | null;
            media_type: string;
            name: string;
            url: string;
        };
        /** @description What residents are told about their data before they hand any in. */
        PrivacyNotice: {
            contact: string | null;
            law: string | null;
            notice: {
                [key: string]: string;
            };
            url: string | null;
        };
        /** @description By when the department answers; ``reference`` is a yardstick, not a promise the city published. */
        Promise: {
            acknowledge_by: string | null;
            resolve_by: string | null;
            respond_by: string | null;
            /** @enum {string} */
            standard: "published" | "internal" | "reference";
        };
        /** @description What is promised for a service: each stage one of calendar_hours, calendar_days, working_hours, working_days. */
        PromiseSpans: {
            acknowledge: {
                [key: string]: number;
            } | null;
            resolve: {
                [key: string]: number;
            } | null;
            respond: {
                [key: string]: number;
            } | null;
            /** @enum {string} */
            standard: "published" | "internal" | "reference";
        };
        /** @description How long the city gave itself for each stage. */
        PromisedWithin: {
            acknowledge: components["schemas"]["SpanShown"] | null;
            resolve: components["schemas"]["SpanShown"] | null;
            respond: components["schemas"]["SpanShown"] | null;
        };
        /** @description All that is needed to check, with no server, that a root holds a request's history. */
        Proof: {
            chain: string[];
            leaf: components["schemas"]["Leaf"];
            network: components["schemas"]["NetworkCopy"] | null;
            path: string[];
            reference: string;
            root: components["schemas"]["Root"];
            version: number;
        };
        /** @description An identity provider and where signing in with it begins. */
        ProviderOffered: {
            code: string;
            name: string;
            names: {
                [key: string]: string;
            };
            start_url: string;
        };
        /** @description Something that happened, for the public. */
        PublicEvent: {
            at: string;
            kind: string;
            note: string | null;
            reason: string | null;
            reason_names?: {
                [key: string]: string;
            } | null;
            status: string | null;
        };
        /** @description The same as GeoJSON. */
        PublicFeatures: {
            features: {
                [key: string]: unknown;
            }[];
            next_cursor: string | null;
            /** @constant */
            type: "FeatureCollection";
        } & {
            [key: string]: unknown;
        };
        /** @description A request in the city's public list. */
        PublicRequest: {
            closed_at: string | null;
            department: components["schemas"]["Named"];
            description: string | null;
            district: components["schemas"]["Named"] | null;
            open: boolean;
            position: components["schemas"]["Position"] | null;
            received_at: string;
            reference: string;
            service: components["schemas"]["Named"];
            status: string;
            thumbnail_url: string | null;
            updated_at: string;
        };
        /** @description A page of the list, newest first. */
        PublicRequests: {
            city: string;
            next_cursor: string | null;
            requests: components["schemas"]["PublicRequest"][];
        };
        /** @description What became of a request. */
        PublicStatus: {
            acknowledged_at: string | null;
            address: string | null;
            assignee: components["schemas"]["Named"] | null;
            can: string[];
            city: string;
            city_shown: components["schemas"]["CityShown"];
            closed_at: string | null;
            closing_reason: string | null;
            closing_reason_names: {
                [key: string]: string;
            } | null;
            department: components["schemas"]["Named"];
            description: string | null;
            district: components["schemas"]["Named"] | null;
            duplicate_of: string | null;
            erased: boolean;
            feedback: components["schemas"]["Said"] | null;
            note: string | null;
            open: boolean;
            others: number;
            own: boolean;
            photos: components["schemas"]["PhotoShown"][];
            position: components["schemas"]["Position"] | null;
            promise: components["schemas"]["Promise"];
            promised_within: components["schemas"]["PromisedWithin"] | null;
            question: components["schemas"]["AskedQuestion"] | null;
            received_at: string;
            reference: string;
            reopens_until: string | null;
            responded_at: string | null;
            route_reason: string;
            said: components["schemas"]["Said"][];
            service: components["schemas"]["Named"];
            status: string;
            timeline: components["schemas"]["PublicEvent"][];
            updated_at: string;
        };
        /** @description What staff decide. Leave out what is not decided; at least one of ``public`` and ``description``. */
        PublicationBody: {
            description?: string | null;
            public?: boolean | null;
            reason: string;
        };
        /** @description A city without Nagara, read through its Open311 endpoint. */
        PulledCity: {
            missing: string[];
            seen_until: string | null;
        };
        /** @description The sender's public key (RFC 8292), for a browser's ``applicationServerKey``. */
        PushKey: {
            key: string;
        };
        /** @description The properties by which features can be chosen, as JSON Schema. */
        Queryables: {
            $id: string;
            $schema: string;
            additionalProperties: boolean;
            properties: {
                [key: string]: {
                    [key: string]: unknown;
                };
            };
            title: string;
            /** @constant */
            type: "object";
        };
        /** @description What a city is asked about its figures; not a verdict. */
        QuestionShown: {
            city: string;
            counted: number;
            first_asked: string;
            id: string;
            month: string;
            network_sees_from: string;
            of: number;
            words: string;
        };
        /** @description Questions, newest first. */
        Questions: {
            questions: components["schemas"]["QuestionShown"][];
        };
        /** @description A page of the queue; ``counts`` only where asked for. */
        Queue: {
            counts?: components["schemas"]["QueueCounts"] | null;
            next_cursor: string | null;
            ordered: components["schemas"]["Ordered"];
            requests: components["schemas"]["QueueRow"][];
        };
        /** @description How many wanted requests are around a place, where they are too many to show each. */
        QueueCell: {
            count: number;
            lat: number;
            late_count: number;
            lon: number;
        };
        /** @description What is in each view, counted up to ``counted_up_to``; no department of one's own: null. */
        QueueCounts: {
            counted_up_to: number;
            department: number | null;
            due_today: number;
            escalated: number;
            mine: number;
            open: number;
            overdue: number;
            referred: number;
            unassigned: number;
            waiting: number;
        };
        /** @description Where a wanted request is. */
        QueuePosition: {
            lat: number;
            late: boolean;
            lon: number;
            network_code: string;
            priority: string;
            reference: string;
            status: string;
            version: number;
        };
        /** @description A request in the queue. */
        QueueRow: {
            address: string | null;
            assignee: string | null;
            assignee_names: {
                [key: string]: string;
            } | null;
            channel: string;
            city: string;
            closed_at: string | null;
            department: components["schemas"]["Named"];
            description: string;
            district: components["schemas"]["Named"] | null;
            escalation_level: number;
            lat: number | null;
            late: boolean;
            lon: number | null;
            network_code: string;
            next_due_at: string | null;
            priority: string;
            promise: components["schemas"]["Promise"];
            received_at: string;
            reference: string;
            service: components["schemas"]["Named"];
            status: string;
            updated_at: string;
            version: number;
        };
        /** @description Times of the day on the person's own clocks; over midnight where it ends earlier than it begins. */
        QuietHours: {
            begins: string;
            ends: string;
        };
        /** @description The 95 % interval of a rank by 1,000 bootstraps; 1 is the smallest value. */
        Rank: {
            high: number;
            low: number;
            of: number;
        };
        /** @description Which to mark as read: these, or (null) all that came up to ``until``. */
        ReadBody: {
            ids?: string[] | null;
            until?: string | null;
        };
        /** @description What was found of each part; ``ok`` or what is wrong with it. */
        Ready: {
            cities: number;
            database: string;
            redis: string;
            schema_revision: string;
            status: string;
        };
        /** @description A bundle that was merged. */
        ReceivedBundle: {
            city: string;
            digest: string;
            key: string;
            made_at: string;
            received_at: string;
            snapshot: string;
        };
        /** @description Ten codes that replace the second factor once each; shown this once. */
        RecoveryCodes: {
            recovery_codes: string[];
        };
        /** @description Parts of a picture to hide; they take the place of those drawn before. */
        RedactionBody: {
            boxes: number[][];
            /** @default true */
            keep_found?: boolean;
        };
        /** @description What is to be sent once more. */
        RedeliverBody: {
            webhook_id: string;
        };
        /** @description Where residents go instead: reports of this service are not taken here. */
        Redirect: {
            notice: {
                [key: string]: string;
            };
            phone: string | null;
            url: string | null;
        };
        /** @description Why something was refused, in the standard's own form. */
        Refused: {
            code: string;
            description: string;
        };
        /** @description A bundle that a known key signed and that was refused. */
        RefusedBundle: {
            at: string;
            city: string;
            code: string;
            digest: string;
            key: string;
            message: string;
        };
        /** @description Whether the public may see a picture, as far as the city's rule leaves it to staff. */
        ReleaseBody: {
            public: boolean;
        };
        /** @description The new private link; the one before opens nothing any more. */
        RenewedLink: {
            page_url: string;
            reference: string;
            token: string;
        };
        /** @description A text with places such as ``{reference}``, ``{service}``, ``{department}``, ``{district}``, ``{city}``. */
        ReplyTemplateBody: {
            body: string;
            language: string;
            move?: string | null;
            name: string;
            replaces?: string | null;
            service_code?: string | null;
        };
        /** @description A template; ``preview`` is its text about the request that was asked for. */
        ReplyTemplateShown: {
            body: string;
            changed_at: string;
            changed_by: string;
            id: string;
            language: string;
            move: string | null;
            name: string;
            preview?: string | null;
            service_code: string | null;
        };
        /** @description Templates by name. */
        ReplyTemplates: {
            templates: components["schemas"]["ReplyTemplateShown"][];
        };
        /** @description Which months a report is about. */
        ReportBody: {
            period: string;
        };
        /** @description A report for programs; the digest covers its content, the snapshots say what it was made of. */
        ReportContent: {
            content: {
                [key: string]: unknown;
            };
            content_digest: string;
            created_at: string;
            dictionary: {
                [key: string]: string;
            }[];
            id: string;
            period: string;
            snapshot_ids: {
                [key: string]: string;
            };
        };
        /** @description A network report. */
        ReportShown: {
            changes: string | null;
            content_digest: string;
            corrects: string | null;
            created_at: string;
            edition: number;
            id: string;
            period: string;
            released_at: string;
            url: string;
        };
        /** @description The reports there are, newest first. */
        Reports: {
            reports: components["schemas"]["ReportShown"][];
        };
        /** @description A request as anybody may see it. Every field is always there, null where unknown. */
        Request: {
            address: string | null;
            address_id: string | null;
            agency_responsible: string | null;
            description: string | null;
            expected_datetime: string | null;
            extended_attributes?: components["schemas"]["ExtendedAttributes"] | null;
            lat: number | null;
            long: number | null;
            media_url: string | null;
            notes?: components["schemas"]["Note"][] | null;
            requested_datetime: string;
            service_code: string;
            service_name: string | null;
            service_notice: string | null;
            service_request_id: string;
            /** @enum {string} */
            status: "open" | "closed";
            status_notes: string | null;
            updated_datetime: string | null;
            zipcode: string | null;
        };
        /** @description Something that happened to a request. */
        RequestUpdate: {
            customer_reference: string | null;
            description: string;
            external_status_code: string;
            media_url: string | null;
            service_request_id: string;
            /** @enum {string} */
            status: "open" | "investigating" | "action_scheduled" | "in_progress" | "planned" | "internal_referral" | "fixed" | "no_further_action" | "not_councils_responsibility" | "cancelled" | "duplicate";
            update_id: string;
            updated_datetime: string;
        };
        /** @description Which to send again. */
        ResendBody: {
            ids: string[];
        };
        /** @description How many are due again. */
        Resent: {
            resent: number;
        };
        /** @description What to set back; open sessions end in any case. */
        ResetBody: {
            /** @default false */
            password?: boolean;
            /** @default false */
            second_factor?: boolean;
        };
        /** @description The temporary password, if the password was reset; shown this once. */
        ResetDone: {
            temporary_password: string | null;
        };
        /** @description A session that was opened; the token is in the cookie as well. */
        ResidentSession: {
            expires_at: string;
            token: string;
        };
        /** @description Who is signed in, by the end of their contact. */
        ResidentShown: {
            city: string;
            hint: string;
            /** @enum {string} */
            kind: "email" | "phone";
        };
        /** @description How residents of a city can sign in. */
        ResidentSignInOptions: {
            /** @enum {string} */
            contact_confirmation: "none" | "email" | "sms" | "either";
            email: boolean;
            phone: boolean;
            providers: components["schemas"]["Voucher"][];
        };
        /** @description A destination that failed lately; until ``open_until`` nothing is sent there. */
        RestingDestination: {
            channel: string;
            failed_at: string | null;
            failures: number;
            last_error: string | null;
            name: string;
            open_until: string | null;
        };
        /** @description What became of one request; ``code`` and ``message`` where it was not moved. */
        Result: {
            code: string | null;
            message: string | null;
            ok: boolean;
            reference: string;
        };
        /** @description An edition of a report on its path. */
        Review: {
            changes: string | null;
            comments_until: string | null;
            corrects: string | null;
            created_at: string;
            edition: number;
            embargo_until: string | null;
            id: string;
            moves: string[];
            period: string;
            report_id: string;
            status: string;
            updated_at: string;
            version: number;
        };
        /** @description A review with its trail, the comments you may read, and the part of the report that is yours to see. */
        ReviewDetail: {
            answers_for_network: boolean;
            changes: string | null;
            city_first_days: number;
            comments: components["schemas"]["Comment"][];
            comments_open: boolean;
            comments_until: string | null;
            content: {
                [key: string]: unknown;
            };
            corrects: string | null;
            created_at: string;
            edition: number;
            embargo_until: string | null;
            forms: components["schemas"]["PrintedForm"][];
            id: string;
            moves: string[];
            next: components["schemas"]["NextMove"][];
            period: string;
            report_id: string;
            status: string;
            steps: components["schemas"]["Step"][];
            unanswered: number;
            updated_at: string;
            version: number;
            whole: boolean;
        };
        /** @description What you were told of a review. */
        ReviewNotice: {
            at: string;
            body: string;
            kind: string;
            language: string;
            occasion: string;
            read_at: string | null;
            review: string;
            subject: string;
        };
        /** @description What you were told, newest first. */
        ReviewNotices: {
            items: components["schemas"]["ReviewNotice"][];
            more: boolean;
            unread: number;
        };
        /** @description Reviews of which you may see at least a part, newest first. */
        Reviews: {
            reviews: components["schemas"]["Review"][];
        };
        /** @description The private link opens nothing any more, and nobody was given another. */
        RevokedLink: {
            reference: string;
            version: number;
        };
        /** @description A day's Merkle root over the heads of all requests' chains of a city. */
        Root: {
            as_of: string;
            city: string;
            day: string;
            events: number;
            hash: string;
            previous: string | null;
            requests: number;
            tree: string;
        };
        /** @description Which rule sent it where it is, and why. */
        Route: {
            reason: string;
            rule: string;
        };
        /** @description A rung of the ladder of a promise that is not kept yet. */
        Rung: {
            at: string;
            because: string;
            promise: string;
            reached: boolean;
            step: number;
            tell: components["schemas"]["Told"][];
        };
        /** @description What the resident said after filing. Only the holder of the private link is shown it. */
        Said: {
            about: string | null;
            at: string;
            fixed: boolean | null;
            /** @enum {string} */
            kind: "addition" | "answer" | "withdrawal" | "feedback";
            rating: number | null;
            reopened: boolean;
            text: string;
        };
        /** @description What residents said after filing, as staff see it. */
        SaidToStaff: {
            about: string | null;
            at: string;
            fixed: boolean | null;
            /** @enum {string} */
            kind: "addition" | "answer" | "withdrawal" | "feedback";
            rating: number | null;
            reference: string | null;
            reopened: boolean;
            text: string;
        };
        /** @description A filter somebody keeps; ``mine``: it may be changed. */
        SavedFilter: {
            filter: components["schemas"]["AskedFilter"];
            id: string;
            mine: boolean;
            name: string;
            /** @enum {string} */
            shared: "none" | "department" | "city";
            username: string;
        };
        /** @description One's own filters, and those others share. */
        SavedFilters: {
            filters: components["schemas"]["SavedFilter"][];
        };
        /** @description The password, needed where a factor is replaced. */
        SecondFactorBody: {
            password?: string | null;
        };
        /** @description The code the phone shows for the new secret. */
        SecondFactorConfirmBody: {
            totp: string;
        };
        /** @description A new secret: as text, as ``otpauth:`` address and as a picture; it counts once it is confirmed. */
        SecondFactorOffered: {
            qr_svg: string;
            secret: string;
            uri: string;
        };
        /** @description Whether an account has a second factor, and how many recovery codes are left. */
        SecondFactorState: {
            active: boolean;
            recovery_codes_left: number;
        };
        /** @description What a person knows of it. */
        SendAgain: {
            their_id?: string | null;
        };
        /** @description How many of a service; null: of services and requests that the public never sees, together. */
        ServiceCount: {
            count: number;
            service: components["schemas"]["Named"] | null;
        };
        /** @description A question asked with a service; ``shown_when``: only after one of these answers to each of these questions. */
        ServiceQuestion: {
            choices: components["schemas"]["Choice"][];
            code: string;
            datatype: string;
            hint: {
                [key: string]: string;
            } | null;
            names: {
                [key: string]: string;
            };
            required: boolean;
            shown_when: {
                [key: string]: string[];
            };
        };
        /** @description A city's services, as they are offered on its present day. */
        Services: {
            city: string;
            contact_lines: components["schemas"]["ContactLine"][];
            groups: {
                [key: string]: {
                    [key: string]: string;
                };
            };
            services: components["schemas"]["CityService"][];
        };
        /** @description A session; the token is shown this once. */
        Session: {
            account: components["schemas"]["AccountShown"];
            expires_at: string;
            token: string;
        };
        /** @description One of somebody's open sessions. ``last_used_at`` moves in steps of five minutes. */
        SessionListed: {
            created_at: string;
            current: boolean;
            expires_at: string;
            /** @enum {string} */
            how: "password" | "single_sign_on";
            id: string;
            last_used_at: string;
            user_agent: string;
        };
        /** @description The present session. */
        SessionShown: {
            account: components["schemas"]["AccountShown"];
        };
        /** @description Somebody's open sessions, the last used first. */
        Sessions: {
            sessions: components["schemas"]["SessionListed"][];
        };
        /** @description Words to read before sending; they do not stop the report. */
        ShownNotice: {
            notice: {
                [key: string]: string;
            };
            phone: string | null;
        };
        /** @description Sign-in name (``name@city``) and password, and the second factor where the account has one. */
        SignInBody: {
            password: string;
            recovery_code?: string | null;
            totp?: string | null;
            username: string;
        };
        /** @description How a city's staff may sign in. */
        SignInOptions: {
            oidc: components["schemas"]["ProviderOffered"][];
            password: boolean;
        };
        /** @description A request that may be about the same; a person decides. */
        Similar: {
            description: string;
            hours_apart: number;
            metres: number | null;
            open: boolean;
            received_at: string;
            reference: string;
            same_picture: boolean;
            same_words: number;
            score: number;
            service: components["schemas"]["Named"];
            status: string;
            thumbnail_url: string | null;
        };
        /** @description At most ten, the likeliest first. */
        SimilarRequests: {
            similar: components["schemas"]["Similar"][];
        };
        /** @description What a city's figures were computed from. */
        Snapshot: {
            config_fingerprints: string[];
            cut_off: string;
            events_seen: number;
            holidays_version: string;
            id: string;
            inputs_digest: string;
            method_version: string;
        };
        /** @description Which computation, and as of when. */
        SnapshotShort: {
            cut_off: string;
            id: string;
        };
        /**
         * @description What a list is ordered by.
         * @enum {string}
         */
        Sort: "due" | "received" | "updated" | "priority";
        /** @description A length of promised time. */
        SpanShown: {
            count: number;
            /** @enum {string} */
            unit: "calendar_hours" | "working_hours" | "calendar_days" | "working_days";
        };
        /** @description An account as the city's administrator sees it. */
        StaffAccountShown: {
            active: boolean;
            created_at: string;
            departments: string[];
            display_name: string;
            email: string | null;
            last_sign_in_at: string | null;
            must_change_password: boolean;
            role: string;
            second_factor: boolean;
            sign_in_name: string;
            single_sign_on: boolean;
            username: string;
        };
        /** @description The city's accounts, by name. */
        StaffAccounts: {
            accounts: components["schemas"]["StaffAccountShown"][];
        };
        /** @description An announcement with who put it up. */
        StaffAnnouncement: {
            created_at: string;
            created_by: string;
            districts: string[];
            id: string;
            /** @enum {string} */
            level: "info" | "warning" | "danger";
            services: string[];
            shown_from: string;
            shown_until: string;
            texts: {
                [key: string]: string;
            };
            withdrawn_at: string | null;
        };
        /** @description All announcements, the newest first. */
        StaffAnnouncements: {
            announcements: components["schemas"]["StaffAnnouncement"][];
        };
        /** @description Something that happened, for staff. */
        StaffEvent: {
            actor: string | null;
            actor_kind: string;
            at: string;
            data: {
                [key: string]: unknown;
            };
            from_status: string | null;
            kind: string;
            note: string | null;
            recorded_at: string;
            seq: number;
            to_status: string | null;
        };
        /** @description A picture, for staff. */
        StaffPhoto: {
            boxes: number[][];
            found: number[][];
            height: number;
            id: string;
            /** @enum {string} */
            kind: "before" | "after" | "feedback";
            public: boolean;
            redacted: boolean;
            released: boolean;
            thumbnail_url: string;
            url: string;
            waits_for_hiding: boolean;
            width: number;
        };
        /** @description A request with everything staff may see. */
        StaffRequest: {
            address: string | null;
            answers: {
                [key: string]: unknown;
            };
            assignee: string | null;
            assignee_names: {
                [key: string]: string;
            } | null;
            channel: string;
            city: string;
            closed_at: string | null;
            closing_reason: string | null;
            confidential: boolean;
            config_fingerprint: string;
            contact_known: boolean;
            contact_unconfirmed: boolean;
            department: components["schemas"]["Named"];
            description: string;
            district: components["schemas"]["Named"] | null;
            duplicate_of: string | null;
            duplicates: components["schemas"]["Duplicate"][];
            erased: boolean;
            escalation: components["schemas"]["Escalation"];
            escalation_level: number;
            language: string | null;
            lat: number | null;
            late: boolean;
            lon: number | null;
            more_duplicates: boolean;
            moves: components["schemas"]["PossibleMove"][];
            network_code: string;
            next_due_at: string | null;
            observed_at: string | null;
            photos: components["schemas"]["StaffPhoto"][];
            priority: string;
            promise: components["schemas"]["Promise"];
            public: boolean | null;
            received_at: string;
            reference: string;
            route: components["schemas"]["Route"];
            said: components["schemas"]["SaidToStaff"][];
            sent_on: boolean;
            service: components["schemas"]["Named"];
            status: string;
            timeline: components["schemas"]["StaffEvent"][];
            updated_at: string;
            version: number;
            waits_for_release: boolean;
        };
        /** @description A move that was made. */
        Step: {
            actor: string;
            at: string;
            details: {
                [key: string]: unknown;
            };
            from_status: string | null;
            move: string;
            number: number;
            office: string;
            remarks: string | null;
            report_id: string;
            to_status: string;
        };
        /** @description What comes with a move; which of it is needed stands in the table of the path. */
        StepBody: {
            comments_until?: string | null;
            embargo_until?: string | null;
            remarks?: string | null;
            report_id?: string | null;
        };
        /** @description Why a move would be refused now. */
        StepRefusal: {
            allowed: string[] | null;
            code: string;
            field: string | null;
            message: string;
        };
        /** @description Words shown before a report is sent; ``stops``: it is not taken. Without ``shown_when``: always. */
        StopNotice: {
            notice: {
                [key: string]: string;
            };
            phone: string | null;
            shown_when: {
                [key: string]: string[];
            };
            stops: boolean;
        };
        /** @description ``on``: at work. ``confirm``: a code went to the contact, and nothing is sent before it comes back. */
        Subscribed: {
            city: string;
            id: string;
            key: string | null;
            /** @enum {string} */
            state: "on" | "confirm";
        };
        /** @description What somebody is told of, as its owner sees it. */
        Subscription: {
            channel: ("email" | "sms" | "push") | null;
            channels: string[] | null;
            city: string;
            confirmed: boolean;
            district: string | null;
            /** @enum {string} */
            frequency: "at_once" | "daily" | "weekly";
            /** @enum {string} */
            kind: "request" | "area" | "own" | "digest";
            metres: number | null;
            moves: string[] | null;
            position: components["schemas"]["Position"] | null;
            quiet: components["schemas"]["QuietHours"] | null;
            reference: string | null;
            references: string[];
            services: string[];
        };
        /** @description What is to be told from now on. What is null stays, but ``moves``: null means all. */
        SubscriptionBody: {
            frequency?: ("at_once" | "daily" | "weekly") | null;
            moves?: string[] | null;
            quiet?: components["schemas"]["QuietHours"] | null;
            services?: string[] | null;
        };
        /** @description A service, and how likely it is meant among all of the city's: 0 to 1. */
        SuggestedService: {
            score: number;
            service: components["schemas"]["Named"];
        };
        /** @description At most three services, likeliest first; none where the words say too little. */
        Suggestions: {
            suggestions: components["schemas"]["SuggestedService"][];
        };
        /** @description Load and age, and what will be late within the next hours. */
        Supervision: {
            at: string;
            breaches: components["schemas"]["Breach"][];
            departments: components["schemas"]["Load"][];
            hours: number;
            more_breaches: boolean;
            people: components["schemas"]["Load"][];
        };
        /** @description An update that was taken, now or before. */
        Taken: {
            account_id: string | null;
            update_id: string;
        };
        /** @description Where to go to link a chat. */
        TelegramLinkShown: {
            url: string;
        };
        /** @description Where tiles are and what is in them (TileJSON 3.0.0). */
        TileJson: {
            attribution: string;
            bounds: number[];
            center: number[];
            maxzoom: number;
            minzoom: number;
            name: string;
            /** @constant */
            tilejson: "3.0.0";
            tiles: string[];
            vector_layers: components["schemas"]["TileLayer"][];
        };
        /** @description A layer of every tile of these zooms that has anything of it. */
        TileLayer: {
            description: string;
            fields: {
                [key: string]: string;
            };
            id: string;
            maxzoom: number;
            minzoom: number;
        };
        /** @description Whether time passes: how long the oldest of each kind has waited, in seconds, and when each task last ran. */
        Time: {
            dead_letters: number | null;
            last_runs: {
                [key: string]: string;
            };
            oldest_due_step_seconds: number | null;
            oldest_unsent_notice_seconds: number | null;
            oldest_untold_event_seconds: number | null;
            status: string;
            troubles: string[];
        };
        /** @description When an event really happened. */
        TimeCorrectionBody: {
            occurred_at: string;
            reason: string;
        };
        /** @description Today's jobs, what is due first before the others, and what may be done to them. */
        Today: {
            at: string;
            jobs: components["schemas"]["FieldJob"][];
            more: boolean;
            moves: components["schemas"]["FieldMove"][];
            /** @enum {string} */
            whose: "mine" | "department";
        };
        /** @description The request behind a token. */
        Token: {
            service_request_id: string | null;
            token: string;
        };
        /** @description Whom a rung tells: a role by its code, a post by its names. */
        Told: {
            code: string;
            names: {
                [key: string]: string;
            } | null;
        };
        /** @description What arrived, newest first. */
        Traffic: {
            received: components["schemas"]["ReceivedBundle"][];
            refused: components["schemas"]["RefusedBundle"][];
        };
        /** @description A city's figures month by month. */
        Trend: {
            breaks: components["schemas"]["Break"][];
            city: string;
            country: string;
            months: components["schemas"]["MonthShown"][];
            names: {
                [key: string]: string;
            };
            period: string;
            snapshot: components["schemas"]["SnapshotShort"] | null;
        };
        /** @description What was given up, what waits, and which destinations are in trouble. */
        Undelivered: {
            destinations: components["schemas"]["RestingDestination"][];
            failed: components["schemas"]["FailedNotice"][];
            waiting: components["schemas"]["WaitingNotices"][];
        };
        ValidationError: {
            ctx?: Record<string, never>;
            input?: unknown;
            loc: (string | number)[];
            msg: string;
            type: string;
        };
        /** @description A possible answer. */
        Value: {
            key: string;
            name: string;
        };
        /** @description How far a city's figure lies from the network's, and what that asks for. */
        Verdict: {
            stands: boolean;
            /** @enum {string} */
            verdict: "usual" | "watch" | "investigate";
            words: string;
            z: number;
            z_adjusted: number;
        };
        /**
         * @description The lists everybody needs; all of what is open.
         * @enum {string}
         */
        View: "open" | "mine" | "department" | "unassigned" | "overdue" | "due_today" | "escalated" | "waiting" | "referred";
        /** @description An identity provider. */
        Voucher: {
            code: string;
            names: {
                [key: string]: string;
            };
            start_url: string;
        };
        /** @description What of a channel is still to be sent. */
        WaitingNotices: {
            channel: string;
            oldest: string;
            tried: number;
            waiting: number;
        };
        /** @description A request, or one of its pictures, of which staff have yet to decide. */
        WaitingRequest: {
            description: string;
            district: components["schemas"]["Named"] | null;
            photos: components["schemas"]["StaffPhoto"][];
            received_at: string;
            reference: string;
            service: components["schemas"]["Named"];
            status: string;
            waits: boolean;
        };
        /** @description A city's wall at a moment. */
        Wall: {
            city: string;
            closed_last_24_hours: number;
            counted_at: string;
            districts: components["schemas"]["DistrictLoad"][];
            due: components["schemas"]["Due"];
            escalations: components["schemas"]["Escalations"];
            grid: components["schemas"]["Grid"];
            names: {
                [key: string]: string;
            };
            open: number;
            received: components["schemas"]["WallReceived"];
            timezone: string;
        };
        /** @description The middle of a square of the grid, and what is open in it. */
        WallCell: {
            lat: number;
            lon: number;
            open: number;
            overdue: number;
        };
        /** @description What came in within 24 hours. */
        WallReceived: {
            by_hour: number[];
            by_service: components["schemas"]["ServiceCount"][];
            last_24_hours: number;
        };
        /** @description One call and what it came to. */
        WebhookAttemptShown: {
            answer: string;
            at: string;
            can_be_sent_again: boolean;
            delivered: boolean;
            event_type: string;
            id: string;
            took_ms: number;
            webhook_id: string;
        };
        /** @description The newest calls, kept for thirty days. */
        WebhookAttempts: {
            attempts: components["schemas"]["WebhookAttemptShown"][];
        };
        /** @description An endpoint to be called. */
        WebhookBody: {
            events?: string[] | null;
            label: string;
            url: string;
        };
        /** @description What is to change; what is left out stays. */
        WebhookChangeBody: {
            active?: boolean | null;
            events?: string[] | null;
            label?: string | null;
            url?: string | null;
        };
        /** @description An endpoint with its secret: shown this once. */
        WebhookMade: {
            secret: string;
            webhook: components["schemas"]["WebhookShown"];
        };
        /** @description An endpoint; never its secret. */
        WebhookShown: {
            active: boolean;
            created_at: string;
            created_by: string;
            ended_because: string | null;
            events: string[] | null;
            id: string;
            label: string;
            previous_secret_until: string | null;
            url: string;
        };
        /** @description The city's endpoints, and the kinds of events there are. */
        Webhooks: {
            events: string[];
            webhooks: components["schemas"]["WebhookShown"][];
        };
        /** @description The network's mix of codes, by which figures are standardised. */
        WeightsShown: {
            codes: {
                [key: string]: number;
            };
            frozen: boolean;
            year: number;
        };
        /** @description Why something personal is read. */
        WhyBody: {
            why: string;
        };
        /** @description Why it is taken back, if somebody wants to say. */
        WithdrawalBody: {
            /** @default  */
            note?: string;
        };
        /** @description What somebody has written so far, in any language and script; nothing of it is kept or logged. */
        WordsBody: {
            words: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    about: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["About"];
                };
            };
        };
    };
    list_cities: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cities"];
                };
            };
        };
    };
    get_city: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["City"];
                };
            };
        };
    };
    watch_area: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscribed"];
                };
            };
        };
    };
    get_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Announcements"];
                };
            };
        };
    };
    get_crest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/svg+xml": unknown;
                };
            };
        };
    };
    list_departments: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Departments"];
                };
            };
        };
    };
    list_districts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
        };
    };
    upload_photo: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    file: string;
                };
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeptPhoto"];
                };
            };
        };
    };
    locate: {
        parameters: {
            query: {
                lat: number;
                lon: number;
            };
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Place"];
                };
            };
        };
    };
    search_places: {
        parameters: {
            query: {
                q: string;
            };
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlacesFound"];
                };
            };
        };
    };
    list_public_requests: {
        parameters: {
            query?: {
                service?: string[] | null;
                status?: string[] | null;
                district?: string | null;
                since?: string | null;
                bbox?: string | null;
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicRequests"];
                };
            };
        };
    };
    file_request: {
        parameters: {
            query?: never;
            header?: {
                "idempotency-key"?: string | null;
                "nagara-device"?: string | null;
            };
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FilingBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Filed"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Filed"];
                };
            };
        };
    };
    list_public_requests_geojson: {
        parameters: {
            query?: {
                service?: string[] | null;
                status?: string[] | null;
                district?: string | null;
                since?: string | null;
                bbox?: string | null;
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicFeatures"];
                };
            };
        };
    };
    check_request: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checked"];
                };
            };
        };
    };
    list_services: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Services"];
                };
            };
        };
    };
    suggest_services: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WordsBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Suggestions"];
                };
            };
        };
    };
    send_bundle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BundleReceived"];
                };
            };
        };
    };
    get_bundle_schema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BundleSchema"];
                };
            };
        };
    };
    requests_rss: {
        parameters: {
            query?: {
                district?: string | null;
                service?: string[] | null;
                language?: string | null;
            };
            header?: {
                "if-none-match"?: string | null;
            };
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/rss+xml": unknown;
                };
            };
        };
    };
    rounds_calendar: {
        parameters: {
            query?: {
                district?: string | null;
                language?: string | null;
            };
            header?: {
                "if-none-match"?: string | null;
            };
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/calendar": unknown;
                };
            };
        };
    };
    get_job: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPage"];
                };
            };
        };
    };
    report_job: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobReportBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPage"];
                };
            };
        };
    };
    get_job_photo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
        };
    };
    list_appointments: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Appointments"];
                };
            };
        };
    };
    appoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppointmentBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Appointment"];
                };
            };
        };
    };
    end_appointment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Appointment"];
                };
            };
        };
    };
    get_network_backlog: {
        parameters: {
            query: {
                period: string;
                city?: string[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backlogs"];
                };
            };
        };
    };
    get_network_counts: {
        parameters: {
            query: {
                period: string;
                city?: string[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveCounts"];
                };
            };
        };
    };
    get_network_curve: {
        parameters: {
            query: {
                period: string;
                city?: string[] | null;
                code?: string;
                district?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Courses"];
                };
            };
        };
    };
    get_definitions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Definitions"];
                };
            };
        };
    };
    get_network_equity: {
        parameters: {
            query: {
                period: string;
                city: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Equity"];
                };
            };
        };
    };
    list_bundles: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Traffic"];
                };
            };
        };
    };
    list_federation_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FederationKeys"];
                };
            };
        };
    };
    register_federation_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FederationKey"];
                };
            };
        };
    };
    retire_federation_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FederationKey"];
                };
            };
        };
    };
    list_federation_members: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberStates"];
                };
            };
        };
    };
    get_network_funnel: {
        parameters: {
            query: {
                period: string;
                figure: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FunnelOfPeriod"];
                };
            };
        };
    };
    get_indicators: {
        parameters: {
            query: {
                period: string;
                city?: string[] | null;
                code?: string;
                district?: string;
                rank?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Indicators"];
                };
            };
        };
    };
    get_internal_indicators: {
        parameters: {
            query: {
                period: string;
                city?: string[] | null;
                code?: string;
                district?: string;
                rank?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Indicators"];
                };
            };
        };
    };
    get_network_overview: {
        parameters: {
            query: {
                period: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
        };
    };
    list_network_questions: {
        parameters: {
            query?: {
                city?: string[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Questions"];
                };
            };
        };
    };
    list_reports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reports"];
                };
            };
        };
    };
    build_report: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Built"];
                };
            };
        };
    };
    list_reviews: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reviews"];
                };
            };
        };
    };
    correct_report: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EditionBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Review"];
                };
            };
        };
    };
    get_review: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewDetail"];
                };
            };
        };
    };
    approve_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StepBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Review"];
                };
            };
        };
    };
    comment_on_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommentBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommentMade"];
                };
            };
        };
    };
    get_review_page: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "text/html": unknown;
                };
            };
        };
    };
    publish_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StepBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Review"];
                };
            };
        };
    };
    walk_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                move: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StepBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Review"];
                };
            };
        };
    };
    get_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "text/html": unknown;
                };
            };
        };
    };
    get_report_csv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "text/csv": unknown;
                };
            };
        };
    };
    get_report_csv_metadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/csvm+json": unknown;
                    "application/json": unknown;
                };
            };
        };
    };
    get_report_json: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportContent"];
                };
            };
        };
    };
    get_report_pdf: {
        parameters: {
            query?: {
                ranks?: boolean;
                language?: string;
            };
            header?: never;
            path: {
                report: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "application/pdf": unknown;
                };
            };
        };
    };
    get_report_workbook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
        };
    };
    get_report_of_city: {
        parameters: {
            query?: {
                language?: string;
            };
            header?: never;
            path: {
                report: string;
                city: string;
                page: "report" | "summary";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "application/pdf": unknown;
                };
            };
        };
    };
    list_review_notices: {
        parameters: {
            query?: {
                before?: string | null;
                unread?: boolean;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewNotices"];
                };
            };
        };
    };
    get_review_notice_choice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DigestChoice"];
                };
            };
        };
    };
    set_review_notice_choice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DigestBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DigestChoice"];
                };
            };
        };
    };
    mark_review_notices_read: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoticesReadBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticesLeft"];
                };
            };
        };
    };
    list_roots: {
        parameters: {
            query?: {
                city?: string | null;
                before?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldRoots"];
                };
            };
        };
    };
    get_network_trend: {
        parameters: {
            query: {
                period: string;
                city: string;
                figure?: string[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trend"];
                };
            };
        };
    };
    get_push_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushKey"];
                };
            };
        };
    };
    get_request_status: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicStatus"];
                };
            };
        };
    };
    add_to_request: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdditionBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    answer_question: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdditionBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    confirm_contact: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnNotices"];
                };
            };
        };
    };
    send_contact_code_again: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeSent"];
                };
            };
        };
    };
    erase_my_data: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EraseBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    give_feedback: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FeedbackBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    follow_request: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FollowBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscribed"];
                };
            };
        };
    };
    renew_link: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RenewedLink"];
                };
            };
        };
    };
    get_own_notices: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnNotices"];
                };
            };
        };
    };
    choose_own_notices: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnNoticesBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnNotices"];
                };
            };
        };
    };
    get_request_proof: {
        parameters: {
            query?: {
                token?: string | null;
                day?: string | null;
            };
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proof"];
                };
            };
        };
    };
    follow_in_telegram: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TelegramLinkShown"];
                };
            };
        };
    };
    withdraw_request: {
        parameters: {
            query?: {
                token?: string | null;
            };
            header?: {
                "nagara-device"?: string | null;
                "Nagara-Link"?: string | null;
            };
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WithdrawalBody"] | null;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    ask_for_resident_code: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeWanted"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeOnItsWay"];
                };
            };
        };
    };
    finish_resident_oidc: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    start_resident_oidc: {
        parameters: {
            query?: {
                provider?: string | null;
            };
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    list_own_requests: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnRequests"];
                };
            };
        };
    };
    get_resident_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResidentShown"];
                };
            };
        };
    };
    open_resident_session: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeEntered"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResidentSession"];
                };
            };
        };
    };
    close_resident_session: {
        parameters: {
            query?: {
                everywhere?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_resident_sign_in_options: {
        parameters: {
            query: {
                city: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResidentSignInOptions"];
                };
            };
        };
    };
    get_accounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAccounts"];
                };
            };
        };
    };
    add_account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccountBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountMade"];
                };
            };
        };
    };
    change_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAccountShown"];
                };
            };
        };
    };
    reset_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResetBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResetDone"];
                };
            };
        };
    };
    list_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAnnouncements"];
                };
            };
        };
    };
    announce: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnnouncementBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAnnouncement"];
                };
            };
        };
    };
    take_down_announcement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_audit_trail: {
        parameters: {
            query?: {
                username?: string | null;
                action?: string | null;
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditTrail"];
                };
            };
        };
    };
    list_audits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audits"];
                };
            };
        };
    };
    draw_audit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DrawBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audit"];
                };
            };
        };
    };
    get_audit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                quarter: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditItems"];
                };
            };
        };
    };
    record_audit_finding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                quarter: string;
                number: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FindingBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditItem"];
                };
            };
        };
    };
    list_blocks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Blocks"];
                };
            };
        };
    };
    lift_block: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    start_bulk_move: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkBody"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
        };
    };
    get_bulk_move: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
        };
    };
    undo_bulk_move: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
        };
    };
    get_configuration: {
        parameters: {
            query?: {
                since?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityConfiguration"];
                };
            };
        };
    };
    list_contact_reads: {
        parameters: {
            query?: {
                username?: string | null;
                reference?: string | null;
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContactReads"];
                };
            };
        };
    };
    get_counts: {
        parameters: {
            query: {
                period: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveCounts"];
                };
            };
        };
    };
    list_emergencies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Emergencies"];
                };
            };
        };
    };
    declare_emergency: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmergencyBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmergencyShown"];
                };
            };
        };
    };
    end_emergency: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmergencyEndBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmergencyShown"];
                };
            };
        };
    };
    start_export: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportBody"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportJob"];
                };
            };
        };
    };
    get_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportJob"];
                };
            };
        };
    };
    get_export_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/geo+json": unknown;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                    "text/csv; charset=utf-8": unknown;
                };
            };
        };
    };
    get_filters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedFilters"];
                };
            };
        };
    };
    keep_filter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FilterBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedFilter"];
                };
            };
        };
    };
    change_filter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FilterBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedFilter"];
                };
            };
        };
    };
    delete_filter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    hand_over_desk: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HandoverBody"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
        };
    };
    get_inbox: {
        parameters: {
            query?: {
                before?: string | null;
                unread?: boolean;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inbox"];
                };
            };
        };
    };
    count_inbox: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InboxCounts"];
                };
            };
        };
    };
    mark_inbox_read: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReadBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InboxCounts"];
                };
            };
        };
    };
    get_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Keys"];
                };
            };
        };
    };
    add_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKeyBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyMade"];
                };
            };
        };
    };
    revoke_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    follow_live: {
        parameters: {
            query?: never;
            header?: {
                "last-event-id"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
        };
    };
    get_moderation_queue: {
        parameters: {
            query?: {
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModerationQueue"];
                };
            };
        };
    };
    get_notice_choices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticeChoices"];
                };
            };
        };
    };
    set_notice_choices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoticeChoicesBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticeChoices"];
                };
            };
        };
    };
    get_failed_notices: {
        parameters: {
            query?: {
                channel?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Undelivered"];
                };
            };
        };
    };
    preview_notices: {
        parameters: {
            query?: {
                audience?: "resident" | "staff";
                language?: string | null;
                service?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticePreviews"];
                };
            };
        };
    };
    resend_notices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResendBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Resent"];
                };
            };
        };
    };
    finish_single_sign_on: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    start_single_sign_on: {
        parameters: {
            query?: {
                provider?: string | null;
            };
            header?: never;
            path: {
                city: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChangeBody"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_people: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["People"];
                };
            };
        };
    };
    get_queue: {
        parameters: {
            query?: {
                view?: components["schemas"]["View"] | null;
                status?: string | null;
                department?: string | null;
                service?: string | null;
                district?: string | null;
                network_code?: string | null;
                priority?: string | null;
                channel?: string | null;
                language?: string | null;
                escalation_step?: string | null;
                closing_reason?: string | null;
                rule?: string | null;
                source?: string | null;
                sent_on?: string | null;
                assignee?: string | null;
                unassigned?: boolean;
                confidential?: boolean | null;
                public?: boolean | null;
                due_from?: string | null;
                due_before?: string | null;
                acknowledge_from?: string | null;
                acknowledge_to?: string | null;
                respond_from?: string | null;
                respond_to?: string | null;
                resolve_from?: string | null;
                resolve_to?: string | null;
                acknowledged_from?: string | null;
                acknowledged_to?: string | null;
                responded_from?: string | null;
                responded_to?: string | null;
                closed_from?: string | null;
                closed_to?: string | null;
                received_from?: string | null;
                received_to?: string | null;
                updated_since?: string | null;
                overdue?: boolean;
                escalated?: boolean;
                promise_late?: boolean | null;
                q?: string | null;
                bbox?: string | null;
                area?: string | null;
                near?: string | null;
                metres?: number | null;
                same_reporter?: string | null;
                city?: string | null;
                sort?: components["schemas"]["Sort"] | null;
                order?: ("asc" | "desc") | null;
                cursor?: string | null;
                limit?: number;
                counts?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
        };
    };
    get_queue_counts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueueCounts"];
                };
            };
        };
    };
    get_queue_positions: {
        parameters: {
            query?: {
                view?: components["schemas"]["View"] | null;
                status?: string | null;
                department?: string | null;
                service?: string | null;
                district?: string | null;
                network_code?: string | null;
                priority?: string | null;
                channel?: string | null;
                language?: string | null;
                escalation_step?: string | null;
                closing_reason?: string | null;
                rule?: string | null;
                source?: string | null;
                sent_on?: string | null;
                assignee?: string | null;
                unassigned?: boolean;
                confidential?: boolean | null;
                public?: boolean | null;
                due_from?: string | null;
                due_before?: string | null;
                acknowledge_from?: string | null;
                acknowledge_to?: string | null;
                respond_from?: string | null;
                respond_to?: string | null;
                resolve_from?: string | null;
                resolve_to?: string | null;
                acknowledged_from?: string | null;
                acknowledged_to?: string | null;
                responded_from?: string | null;
                responded_to?: string | null;
                closed_from?: string | null;
                closed_to?: string | null;
                received_from?: string | null;
                received_to?: string | null;
                updated_since?: string | null;
                overdue?: boolean;
                escalated?: boolean;
                promise_late?: boolean | null;
                q?: string | null;
                bbox?: string | null;
                area?: string | null;
                near?: string | null;
                metres?: number | null;
                same_reporter?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Positions"];
                };
            };
        };
    };
    file_on_behalf: {
        parameters: {
            query?: never;
            header?: {
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OnBehalfBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FiledOnBehalf"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FiledOnBehalf"];
                };
            };
        };
    };
    get_staff_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffRequest"];
                };
            };
        };
    };
    block_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BlockBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Blocks"];
                };
            };
        };
    };
    read_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WhyBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContactShown"];
                };
            };
        };
    };
    correct_event_time: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                number: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TimeCorrectionBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Corrected"];
                };
            };
        };
    };
    get_external_links: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExternalLinks"];
                };
            };
        };
    };
    send_on_again: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                owner: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SendAgain"] | null;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExternalLinks"];
                };
            };
        };
    };
    hand_out_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobLinkBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HandedOut"];
                };
            };
        };
    };
    withdraw_job_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_jobs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FieldWork"];
                };
            };
        };
    };
    add_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FieldWork"];
                };
            };
        };
    };
    finish_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                number: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobOutcomeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FieldWork"];
                };
            };
        };
    };
    revoke_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevokedLink"];
                };
            };
        };
    };
    release_photo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReleaseBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffRequest"];
                };
            };
        };
    };
    redact_photo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RedactionBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffRequest"];
                };
            };
        };
    };
    read_original_words: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WhyBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OriginalWords"];
                };
            };
        };
    };
    come_to_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Presence"];
                };
            };
        };
    };
    leave_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Presence"];
                };
            };
        };
    };
    decide_publication: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PublicationBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffRequest"];
                };
            };
        };
    };
    get_similar_requests: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SimilarRequests"];
                };
            };
        };
    };
    make_move: {
        parameters: {
            query?: never;
            header?: {
                "idempotency-key"?: string | null;
                "nagara-account"?: string | null;
            };
            path: {
                reference: string;
                move: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["MoveBody"] | null;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MoveMade"];
                };
            };
        };
    };
    get_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactorState"];
                };
            };
        };
    };
    offer_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SecondFactorBody"] | null;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactorOffered"];
                };
            };
        };
    };
    remove_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordBody"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    confirm_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecondFactorConfirmBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionShown"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sessions"];
                };
            };
        };
    };
    end_sessions: {
        parameters: {
            query?: {
                keep_current?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_sign_in_options: {
        parameters: {
            query?: {
                city?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInOptions"];
                };
            };
        };
    };
    get_supervision: {
        parameters: {
            query?: {
                hours?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Supervision"];
                };
            };
        };
    };
    link_telegram: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TelegramLinkShown"];
                };
            };
        };
    };
    unlink_telegram: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_reply_templates: {
        parameters: {
            query?: {
                move?: string | null;
                service?: string | null;
                language?: string | null;
                reference?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplyTemplates"];
                };
            };
        };
    };
    save_reply_template: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplyTemplateBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplyTemplateShown"];
                };
            };
        };
    };
    retire_reply_template: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_today: {
        parameters: {
            query?: {
                whose?: "mine" | "department";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Today"];
                };
            };
        };
    };
    get_wall: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Wall"];
                };
            };
        };
    };
    follow_wall: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
        };
    };
    get_webhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhooks"];
                };
            };
        };
    };
    add_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookMade"];
                };
            };
        };
    };
    remove_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    change_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookShown"];
                };
            };
        };
    };
    get_webhook_attempts: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookAttempts"];
                };
            };
        };
    };
    redeliver_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RedeliverBody"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    change_webhook_secret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookMade"];
                };
            };
        };
    };
    test_webhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    confirm_subscription: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                id: string;
                city: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
        };
    };
    get_subscription: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
        };
    };
    change_subscription: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubscriptionBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
        };
    };
    end_subscription: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    confirm_subscription_by_link: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
        };
    };
    unsubscribe_with_one_click: {
        parameters: {
            query?: never;
            header?: {
                "nagara-device"?: string | null;
            };
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    take_telegram_update: {
        parameters: {
            query?: never;
            header?: {
                "x-telegram-bot-api-secret-token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
